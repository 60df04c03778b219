//! The driver's calls for what can be set of a device. The crate's own make one panic of all controls if one of them is of a kind
//! that it doesn't know, as newer drivers have.
#![allow(unsafe_code, reason = "system calls that no crate makes safely")]

use std::ffi::CStr;
use std::io;
use std::mem;

use v4l::device::Handle;
use v4l::v4l_sys::{v4l2_control, v4l2_query_ext_ctrl, v4l2_querymenu};
use v4l::v4l2::{self, vidioc};

/// Only the next one of whatever kind is asked for: V4L2_CTRL_FLAG_NEXT_CTRL.
const NEXT: u32 = 0x8000_0000;

/// What the driver tells of a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) id: u32,
    pub(super) kind: u32,
    pub(super) label: String,
    pub(super) least: i64,
    pub(super) most: i64,
    pub(super) step: u64,
    pub(super) default: i64,
    pub(super) flags: u32,
}

/// The control after the one of this id; `None` after the last one, and where there are none.
///
/// # Errors
/// The driver's.
pub(super) fn next(handle: &Handle, id: u32) -> io::Result<Option<Told>> {
    // SAFETY: all zero is a valid value of the structure, which has numbers alone.
    let mut query: v4l2_query_ext_ctrl = unsafe { mem::zeroed() };
    query.id = id | NEXT;
    // SAFETY: the driver reads and fills a structure of the kind that this request is for.
    let told = unsafe { v4l2::ioctl(handle.fd(), vidioc::VIDIOC_QUERY_EXT_CTRL, (&raw mut query).cast()) };
    match told {
        Ok(()) => {}
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOTTY)) => return Ok(None),
        Err(error) => return Err(error),
    }
    Ok(Some(Told {
        id: query.id,
        kind: query.type_,
        label: text(&query.name.map(|letter| u8::from_ne_bytes(letter.to_ne_bytes()))),
        least: query.minimum,
        most: query.maximum,
        step: query.step,
        default: query.default_value,
        flags: query.flags,
    }))
}

/// What an item of a menu is called, or the number that it stands for; `None` if there is none at that place.
pub(super) fn item(handle: &Handle, id: u32, index: u32, kind: Item) -> Option<String> {
    // SAFETY: all zero is a valid value of the structure, which has numbers alone.
    let mut query: v4l2_querymenu = unsafe { mem::zeroed() };
    (query.id, query.index) = (id, index);
    // SAFETY: the driver reads and fills a structure of the kind that this request is for.
    unsafe { v4l2::ioctl(handle.fd(), vidioc::VIDIOC_QUERYMENU, (&raw mut query).cast()) }.ok()?;
    // SAFETY: both are numbers alone, so that what the driver filled in is valid as either; which is meant, the kind tells.
    Some(unsafe {
        match kind {
            Item::Name => text(&query.__bindgen_anon_1.name),
            // A copy, for in that structure it lies unaligned.
            Item::Number => i64::to_string(&{ query.__bindgen_anon_1.value }),
        }
    })
}

/// What the items of a menu have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Name,
    Number,
}

/// What a control is set to.
///
/// # Errors
/// The driver's.
pub(super) fn value(handle: &Handle, id: u32) -> io::Result<i64> {
    let mut control = v4l2_control { id, value: 0 };
    // SAFETY: the driver reads and fills a structure of the kind that this request is for.
    unsafe { v4l2::ioctl(handle.fd(), vidioc::VIDIOC_G_CTRL, (&raw mut control).cast()) }?;
    Ok(control.value.into())
}

/// Sets a control.
///
/// # Errors
/// The driver's.
pub(super) fn set(handle: &Handle, id: u32, value: i32) -> io::Result<()> {
    let mut control = v4l2_control { id, value };
    // SAFETY: the driver reads and fills a structure of the kind that this request is for.
    unsafe { v4l2::ioctl(handle.fd(), vidioc::VIDIOC_S_CTRL, (&raw mut control).cast()) }
}

/// Up to its end; what is no UTF-8 is replaced.
fn text(bytes: &[u8]) -> String {
    CStr::from_bytes_until_nul(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), CStr::to_string_lossy).trim().to_owned()
}
