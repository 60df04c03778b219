//! Opens a source and prints what it gives: a way to look at a camera without the rest of the program, used by tests/camera.
//!
//! `capture list BACKEND` prints the cameras; `capture SOURCE BACKEND WxH FPS FRAMES [FOLDER]` takes frames, one line each, and
//! saves them as they are into FOLDER. It goes on after a fault as the program does: told once, and opened again.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use cometcam::encode::Encoder;
use cometcam::frame::{Frame, PixelFormat};
use cometcam::source::{self, CameraBackend, Source, SourceError, SourceSpec, Wanted};

const PATIENCE: Duration = Duration::from_secs(2);

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match *args.as_slice() {
        ["list", backend] => {
            let cameras = source::camera::cameras(parse_backend(backend)?);
            println!("{}{}", source::camera::table(&cameras), serde_json::to_string(&cameras)?);
            Ok(())
        }
        [source, backend, size, fps, frames, ref folder @ ..] => {
            let wanted = Wanted { size: size.parse()?, fps: fps.parse()?, backend: parse_backend(backend)? };
            capture(source.parse()?, &wanted, frames.parse()?, folder.first().map(PathBuf::from).as_ref())
        }
        _ => Err("usage: capture list BACKEND | capture SOURCE BACKEND WxH FPS FRAMES [FOLDER]".into()),
    }
}

fn parse_backend(name: &str) -> Result<CameraBackend, serde_json::Error> {
    serde_json::from_value(name.into())
}

fn capture(mut spec: SourceSpec, wanted: &Wanted, frames: usize, folder: Option<&PathBuf>) -> Result<(), Box<dyn Error>> {
    let mut taken = 0;
    let mut told = None;
    let begin = Instant::now();
    loop {
        let interval = Duration::from_secs(1) / wanted.fps.max(1);
        let fault = match source::open(&spec, wanted, interval) {
            Ok(mut source) => {
                println!("open after {} ms: {:?}", begin.elapsed().as_millis(), source.mode());
                spec = source.mode().spec.clone();
                told = None;
                match take(source.as_mut(), frames - taken, folder, &mut taken)? {
                    Some(fault) => fault,
                    None => break,
                }
            }
            Err(fault) => fault,
        };
        if told.as_ref() != Some(&fault) {
            println!("fault after {} ms: {fault:?}: {fault}", begin.elapsed().as_millis());
            told = Some(fault);
        }
        thread::sleep(Duration::from_millis(200));
    }
    println!("{taken} frames in {} ms", begin.elapsed().as_millis());
    Ok(())
}

/// Until enough are taken, or the source fails otherwise than by a stall.
fn take(
    source: &mut dyn Source,
    frames: usize,
    folder: Option<&PathBuf>,
    taken: &mut usize,
) -> Result<Option<SourceError>, Box<dyn Error>> {
    let mut encoder = Encoder::new(80);
    for _ in 0..frames {
        let asked = Instant::now();
        let frame = loop {
            match source.next(PATIENCE) {
                Ok(Some(frame)) => break frame,
                Ok(None) => println!("no picture for {} s", asked.elapsed().as_secs()),
                Err(fault) => return Ok(Some(fault)),
            }
        };
        let encoded = encoder.encode(&frame)?;
        let age = frame.times.dequeued - frame.times.captured;
        let Frame { number, format, size, bytes, .. } = &frame;
        println!(
            "frame {number} {format} {size} {} bytes, {} as JPEG, age {} ms",
            bytes.len(),
            encoded.jpeg.len(),
            age.as_millis()
        );
        if let Some(folder) = folder {
            let extension = if *format == PixelFormat::Jpeg { "jpg" } else { "raw" };
            fs::write(folder.join(format!("{taken:04}.{extension}")), bytes)?;
            fs::write(folder.join(format!("{taken:04}.encoded.jpg")), &encoded.jpeg)?;
        }
        *taken += 1;
    }
    Ok(None)
}
