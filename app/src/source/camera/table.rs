//! The list of cameras as text for people.

use super::{CameraMode, ListedCamera};

/// A line for each camera and each of its modes in aligned columns, or one that says that there is none.
#[must_use]
pub fn table(cameras: &[ListedCamera]) -> String {
    if cameras.is_empty() {
        return "No camera was found. Plug one in.\n".to_owned();
    }
    let mut lines = vec![["#", "Camera", "Device", "Format", "Size", "Pictures a second"].map(str::to_owned)];
    for camera in cameras {
        let mut lead = [camera.number.to_string(), camera.name.clone(), camera.device.clone()];
        if let Some(problem) = &camera.problem {
            let [number, name, device] = lead;
            lines.push([number, name, device, problem.to_string(), String::new(), String::new()]);
            continue;
        }
        for CameraMode { format, size, rates } in &camera.modes {
            let [number, name, device] = std::mem::take(&mut lead);
            lines.push([number, name, device, format.to_string(), size.to_string(), rates_text(rates)]);
        }
        if camera.modes.is_empty() {
            let [number, name, device] = lead;
            lines.push([number, name, device, "not told".to_owned(), String::new(), String::new()]);
        }
    }
    align(&lines)
}

fn rates_text(rates: &[f32]) -> String {
    let text = |rate: &f32| format!("{rate:.2}").trim_end_matches('0').trim_end_matches('.').to_owned();
    rates.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// A column is as wide as its widest cell; sentences, which end their line, don't widen the column they stand in.
fn align(lines: &[[String; 6]]) -> String {
    let ends_line = |line: &[String; 6], column: usize| line[column + 1..].iter().all(String::is_empty);
    let width = |column: usize| {
        let cells = lines.iter().filter(|line| !ends_line(line, column)).map(|line| line[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{PixelFormat, Size};
    use crate::source::SourceError;

    #[test]
    fn columns_are_aligned_and_problems_are_told() {
        let webcam = ListedCamera {
            number: 1,
            name: "Lab UVC Cam".to_owned(),
            device: "/dev/video0".to_owned(),
            identity: "Lab UVC Cam @ usb1/1-1".to_owned(),
            modes: vec![
                CameraMode { format: PixelFormat::Jpeg, size: Size::new(1280, 720), rates: vec![30.0, 12.5, 29.97] },
                CameraMode { format: PixelFormat::Yuyv, size: Size::new(320, 240), rates: vec![] },
            ],
            problem: None,
        };
        let denied = ListedCamera {
            number: 2,
            name: "Other".to_owned(),
            modes: vec![],
            problem: Some(SourceError::Unplugged("Other".to_owned())),
            ..webcam.clone()
        };
        assert_eq!(
            table(&[webcam, denied]),
            "#  Camera       Device       Format  Size      Pictures a second\n\
             1  Lab UVC Cam  /dev/video0  JPEG    1280x720  30, 12.5, 29.97\n   \
             \u{20}                         YUYV    320x240\n\
             2  Other        /dev/video0  The camera “Other” was unplugged. Plug it in again, and the picture goes on by itself.\n"
        );
    }

    #[test]
    fn no_camera_is_a_sentence() {
        assert_eq!(table(&[]), "No camera was found. Plug one in.\n");
    }
}
