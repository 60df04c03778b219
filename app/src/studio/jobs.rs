//! What takes time and is done beside the studio's thread.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::TrySendError;
use std::sync::{Arc, Mutex, PoisonError};

use cometcam_server::files::write_whole;

use super::fault;
use crate::commands::Commands;
use crate::encode::{EncodeError, Encoder};
use crate::frame::{Frame, Size};
use crate::outbox::Outbox;
use crate::source::camera::ListedCamera;
use crate::source::{self, CameraBackend, SourceSpec};
use crate::state::{CameraChoice, Command, Event};

/// Whether cameras are being looked for: one search at a time, since some cameras take seconds to answer.
#[derive(Default)]
pub(super) struct Search(Mutex<Sought>);

#[derive(Clone, Copy, Default)]
enum Sought {
    #[default]
    No,
    Once,
    /// Once more, since somebody asked for it meanwhile.
    Again,
}

impl Search {
    /// Whether whoever asked has to look; otherwise it is looked once more after the search that goes on.
    pub(super) fn begin(&self) -> bool {
        let mut sought = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = matches!(*sought, Sought::No);
        *sought = if idle { Sought::Once } else { Sought::Again };
        idle
    }

    /// Whether whoever has looked has to look once more.
    pub(super) fn again(&self) -> bool {
        let mut sought = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let again = matches!(*sought, Sought::Again);
        *sought = if again { Sought::Once } else { Sought::No };
        again
    }
}

/// Looks for cameras; some take seconds to answer.
pub(super) fn find_cameras(backend: CameraBackend, outbox: &Outbox) {
    let cameras = source::camera::cameras(backend);
    outbox.send(Event::Cameras(cameras.iter().map(|camera| choice(camera, &cameras)).collect()));
}

fn choice(camera: &ListedCamera, cameras: &[ListedCamera]) -> CameraChoice {
    let mut sizes: Vec<Size> = camera.modes.iter().map(|mode| mode.size).collect();
    sizes.sort_by_key(|size| std::cmp::Reverse((size.area(), *size)));
    sizes.dedup();
    CameraChoice { source: camera.spec(cameras), name: camera.name.clone(), sizes }
}

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    Kept,
    Replaced,
}

/// Why a picture is not saved.
#[derive(Debug, thiserror::Error)]
enum SavePictureError {
    #[error("there is no picture yet")]
    None,
    #[error("a file of this name is there already; choose another name")]
    Exists,
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes a frame as a picture; whether it is saved.
pub(super) fn save_picture(frame: Option<&Frame>, file: &Path, existing: Existing, outbox: &Outbox) -> bool {
    let asked = file;
    let file = &as_jpeg(asked);
    // Under another name than was asked for, nobody has agreed.
    let keep = existing == Existing::Kept || file != asked;
    let saved = match frame {
        None => Err(SavePictureError::None),
        Some(_) if keep && file.exists() => Err(SavePictureError::Exists),
        Some(frame) => write_picture(frame, file),
    };
    let done = saved.is_ok();
    outbox.send(match saved {
        Ok(()) => Event::Notice(format!("The picture was saved as {}.", file.display())),
        Err(cause) => Event::Fault(Some(fault(format!("The picture can't be saved as {}: {cause}.", file.display())))),
    });
    done
}

/// The file under a name that says what is in it.
fn as_jpeg(file: &Path) -> PathBuf {
    let is_jpeg = |ending: &OsStr| ["jpg", "jpeg"].iter().any(|jpeg| ending.eq_ignore_ascii_case(jpeg));
    if file.extension().is_some_and(is_jpeg) {
        return file.to_owned();
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".jpg");
    name.into()
}

fn write_picture(frame: &Frame, file: &Path) -> Result<(), SavePictureError> {
    /// For keeping, not for sending.
    const QUALITY: u8 = 92;
    Ok(write_whole(file, &Encoder::new(QUALITY).encode(frame)?.jpeg)?)
}

/// What the person chooses in a dialog of the system.
#[derive(Debug, Clone, Copy)]
pub(super) enum Choice {
    Data,
    Images,
    Picture,
}

/// Opens a dialog of the system and passes on what was chosen. Without a portal there is none, and nothing is chosen: the same as
/// a cancelled one, so each has a typed path beside it.
pub(super) async fn pick(choice: Choice, start: PathBuf, commands: Commands, outbox: Arc<Outbox>) {
    let dialog = rfd::AsyncFileDialog::new().set_directory(&start);
    let picked = match choice {
        Choice::Data => dialog.set_title("Folder for pictures").pick_folder().await,
        Choice::Images => dialog.set_title("Folder of pictures to show").pick_folder().await,
        Choice::Picture => dialog.set_title("Save this picture").set_file_name("cometcam.jpg").save_file().await,
    };
    let Some(path) = picked.map(|picked| picked.path().to_owned()) else { return };
    let command = match choice {
        Choice::Data => Command::SetData(path),
        Choice::Images => Command::SetSource(SourceSpec::Images(path)),
        // The dialog asks before it gives the name of a file that is there.
        Choice::Picture => Command::ReplacePicture(path),
    };
    if let Err(TrySendError::Full(_)) = commands.try_send(command) {
        outbox.send(Event::Fault(Some(fault("Cometcam is busy, and did not take in what was chosen. Choose again."))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{PixelFormat, StageTimes};

    #[test]
    fn a_file_that_is_there_is_replaced_only_if_the_person_was_asked_about_this_one() {
        let folder = tempfile::tempdir().unwrap();
        let (outbox, events) = Outbox::new(|| ());
        let (format, size, bytes) = (PixelFormat::Rgb, Size::new(2, 2), vec![9; 12].into());
        let frame = Frame { bytes, format, size, number: 0, times: StageTimes::captured_now(), retouch: None };
        let there = folder.path().join("there.jpg");
        for (asked, existing, replaced) in
            [("there.jpg", Existing::Kept, false), ("there", Existing::Replaced, false), ("there.jpg", Existing::Replaced, true)]
        {
            std::fs::write(&there, "older").unwrap();
            assert_eq!(save_picture(Some(&frame), &folder.path().join(asked), existing, &outbox), replaced);
            assert_eq!(std::fs::read(&there).unwrap() != b"older", replaced, "{asked} {existing:?}");
            assert_eq!(matches!(events.try_recv(), Ok(Event::Notice(_))), replaced);
        }
    }

    #[test]
    fn one_search_goes_on_at_a_time_and_whoever_asks_meanwhile_gets_one_more() {
        let search = Search::default();
        assert!(search.begin());
        assert!(!search.begin() && !search.begin());
        assert!(search.again(), "once more for both");
        assert!(!search.again());
        assert!(search.begin());
    }

    #[test]
    fn of_twins_the_chosen_one_is_remembered_and_not_the_first() {
        let twin = |number, name: &str, place| ListedCamera {
            number,
            name: name.to_owned(),
            device: format!("/dev/video{number}"),
            identity: format!("Webcam @ {place}"),
            modes: Vec::new(),
            problem: None,
        };
        let cameras = [twin(1, "Webcam", "usb1/1-1"), twin(2, "Webcam (2)", "usb1/1-2")];
        let chosen = cameras.each_ref().map(|camera| choice(camera, &cameras));
        assert_eq!(chosen[1].source, SourceSpec::Camera("Webcam @ usb1/1-2".to_owned()));
        assert_eq!(chosen[1].name, "Webcam (2)");
    }

    #[test]
    fn a_picture_is_named_as_the_jpeg_that_it_is() {
        for (typed, named) in [
            ("/a/b.jpg", "/a/b.jpg"),
            ("/a/b.JPEG", "/a/b.JPEG"),
            ("/a/b.png", "/a/b.png.jpg"),
            ("/a/14.21.07", "/a/14.21.07.jpg"),
        ] {
            assert_eq!(as_jpeg(Path::new(typed)), Path::new(named));
        }
    }
}
