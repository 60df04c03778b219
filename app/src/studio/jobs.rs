//! What takes time and is done beside the studio's thread.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::TrySendError;

use cometcam_server::files::write_whole;

use super::fault;
use crate::commands::Commands;
use crate::encode::Encoder;
use crate::frame::{Frame, Size};
use crate::outbox::Outbox;
use crate::source::camera::ListedCamera;
use crate::source::{self, CameraBackend, SourceSpec};
use crate::state::{CameraChoice, Command, Event};

/// Looks for cameras; some take seconds to answer.
pub(super) fn find_cameras(backend: CameraBackend, outbox: &Outbox) {
    let cameras = source::camera::cameras(backend).into_iter().map(choice).collect();
    outbox.send(Event::Cameras(cameras));
}

fn choice(camera: ListedCamera) -> CameraChoice {
    let mut sizes: Vec<Size> = camera.modes.iter().map(|mode| mode.size).collect();
    sizes.sort_by_key(|size| std::cmp::Reverse((size.area(), *size)));
    sizes.dedup();
    CameraChoice { source: SourceSpec::Camera(camera.name.clone()), name: camera.name, sizes }
}

/// Writes a frame as a picture. A file that is there is not written over.
pub(super) fn save_picture(frame: Option<&Frame>, file: &Path, outbox: &Outbox) {
    let file = &as_jpeg(file);
    let saved = match frame {
        None => Err("there is no picture yet".to_owned()),
        Some(_) if file.exists() => Err("a file of this name is there already; choose another name".to_owned()),
        Some(frame) => write_picture(frame, file),
    };
    outbox.send(match saved {
        Ok(()) => Event::Notice(format!("The picture was saved as {}.", file.display())),
        Err(cause) => Event::Fault(Some(fault(format!("The picture can't be saved as {}: {cause}.", file.display())))),
    });
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

fn write_picture(frame: &Frame, file: &Path) -> Result<(), String> {
    /// For keeping, not for sending.
    const QUALITY: u8 = 92;
    let encoded = Encoder::new(QUALITY).encode(frame).map_err(|error| error.to_string())?;
    write_whole(file, &encoded.jpeg).map_err(|error| error.to_string())
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
        Choice::Picture => Command::SavePicture(path),
    };
    if let Err(TrySendError::Full(_)) = commands.try_send(command) {
        outbox.send(Event::Fault(Some(fault("Cometcam is busy, and did not take in what was chosen. Choose again."))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
