@echo off
rem Cometcam on a display: waits for its server, then shows its pictures, and begins again whenever that ends.
title Cometcam
:wait
for %%s in ({{servers}}) do (
  curl -fsm 5 -o NUL "%%~s/api/now" && set "server=%%~s" && goto show
)
timeout /t 2 /nobreak > NUL
goto wait
:show
start "" /wait msedge --kiosk "%server%{{page}}" --edge-kiosk-type=fullscreen --no-first-run --user-data-dir="%LOCALAPPDATA%\CometcamDisplay"
timeout /t 5 /nobreak > NUL
goto wait
