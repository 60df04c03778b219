//! What can be set of a device: its driver's controls.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use v4l::device::{Device, Handle};

use super::ioctl::{self, Item, Told};
use crate::source::{Knob, KnobKind};

/// The knobs of one device.
#[derive(Clone)]
pub(in crate::source::camera) struct Board {
    handle: Arc<Handle>,
    /// The items of menus, which never change, by id.
    menus: HashMap<u32, Vec<(i64, String)>>,
    /// Ids of those that were read last, by name.
    ids: HashMap<String, u32>,
}

/// Controls, and items of a menu, that are looked at: a driver that never comes to an end must not be asked for ever.
const MOST: usize = 256;
/// Classes of controls that are for people: those of every device, and those of cameras.
const CLASSES: [u32; 2] = [0x0098_0000, 0x009a_0000];

mod flag {
    pub(super) const DISABLED: u32 = 0x01;
    pub(super) const GRABBED: u32 = 0x02;
    pub(super) const READ_ONLY: u32 = 0x04;
    pub(super) const INACTIVE: u32 = 0x10;
    pub(super) const WRITE_ONLY: u32 = 0x40;
    pub(super) const HAS_PAYLOAD: u32 = 0x100;
}

mod kind {
    pub(super) const INTEGER: u32 = 1;
    pub(super) const BOOLEAN: u32 = 2;
    pub(super) const MENU: u32 = 3;
    pub(super) const INTEGER_MENU: u32 = 9;
}

impl Board {
    pub(in crate::source::camera) fn new(handle: Arc<Handle>) -> Self {
        Self { handle, menus: HashMap::new(), ids: HashMap::new() }
    }

    /// Of a device that somebody else may have open, too.
    ///
    /// # Errors
    /// The system's.
    pub(in crate::source::camera) fn open(device: &str) -> io::Result<Self> {
        Ok(Self::new(Device::with_path(device)?.handle()))
    }

    /// All that a person can set, as it is now.
    pub(in crate::source::camera) fn read(&mut self) -> Vec<Knob> {
        let mut knobs: Vec<Knob> = Vec::new();
        let mut id = 0;
        self.ids.clear();
        for _ in 0..MOST {
            // A device that is gone tells nothing, and its pictures tell that it is gone.
            let Ok(Some(told)) = ioctl::next(&self.handle, id) else { break };
            if told.id <= id {
                break;
            }
            id = told.id;
            if let Some(knob) = self.knob(told)
                && !self.ids.contains_key(&knob.name)
            {
                self.ids.insert(knob.name.clone(), id);
                knobs.push(knob);
            }
        }
        knobs
    }

    fn knob(&mut self, told: Told) -> Option<Knob> {
        const NOT_TO_BE_SET: u32 = flag::DISABLED | flag::READ_ONLY | flag::WRITE_ONLY | flag::HAS_PAYLOAD;
        if told.flags & NOT_TO_BE_SET != 0 || !CLASSES.contains(&(told.id & 0x0fff_0000)) {
            return None;
        }
        let kind = match told.kind {
            kind::INTEGER if told.least < told.most => {
                let step = i64::try_from(told.step).unwrap_or(1).max(1);
                KnobKind::Range { least: told.least, most: told.most, step }
            }
            kind::BOOLEAN => KnobKind::Switch,
            kind::MENU => KnobKind::Menu(self.menu(&told, Item::Name)),
            kind::INTEGER_MENU => KnobKind::Menu(self.menu(&told, Item::Number)),
            _ => return None,
        };
        let value = ioctl::value(&self.handle, told.id).ok()?;
        let inactive = told.flags & (flag::INACTIVE | flag::GRABBED) != 0;
        let name = Knob::name_of(&told.label);
        let is_of_use = !name.is_empty() && !matches!(&kind, KnobKind::Menu(items) if items.is_empty());
        is_of_use.then_some(Knob { name, label: told.label, kind, value, default: told.default, inactive })
    }

    fn menu(&mut self, told: &Told, kind: Item) -> Vec<(i64, String)> {
        let handle = &self.handle;
        let places = (told.least.max(0)..=told.most).take(MOST);
        // Some places of a menu may be empty.
        let item = |place: i64| Some((place, ioctl::item(handle, told.id, u32::try_from(place).ok()?, kind)?));
        self.menus.entry(told.id).or_insert_with(|| places.filter_map(item).collect()).clone()
    }

    /// Sets one that was read.
    ///
    /// # Errors
    /// The driver's.
    pub(in crate::source::camera) fn set(&self, name: &str, value: i64) -> io::Result<()> {
        let id = *self.ids.get(name).ok_or(io::ErrorKind::NotFound)?;
        let value = i32::try_from(value).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        ioctl::set(&self.handle, id, value)
    }
}
