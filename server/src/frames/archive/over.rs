//! What becomes of pictures whose broadcast is over: they are kept or removed, some at a time between other work.

use std::io;
use std::sync::Arc;

use super::{Archive, Key, write_and_move};
use crate::frames::id::FrameId;
use crate::frames::keeping::{self, Keeping, move_lasting};
use crate::frames::leaving::{Leaving, left_over, set_aside};
use crate::frames::tree::{Tree, picture_path};

impl Archive {
    /// Puts all pictures of a channel's broadcast that was not to be kept aside, to be removed by and by.
    pub(in crate::frames) fn discard_live(&mut self, folder: &str) {
        match self.put_aside(folder) {
            Ok(()) => drop(self.undiscarded.remove(folder)),
            Err(error) => drop(self.undiscarded.insert(folder.to_owned(), error)),
        }
    }

    fn put_aside(&mut self, folder: &str) -> io::Result<()> {
        if let Some(last) = self.keeping.iter().find(|keeping| *keeping.folder == *folder).map(|keeping| keeping.last) {
            self.leave_after(folder, last);
            return Ok(());
        }
        let goes = |(_, of, tree): &Key| *tree == Tree::Live && **of == *folder;
        let gone = self.files.extract_if(.., |key, _| goes(key)).chain(self.stuck.extract_if(.., |key, _| goes(key)));
        let bytes: u64 = gone.map(|(_, entry)| entry.bytes).sum();
        // What could not be set aside is not counted on, or it would never be counted off.
        let mut leaving = set_aside(&self.data, folder).inspect_err(|_| self.bytes -= bytes)?;
        match leaving.first_mut() {
            Some(first) => first.bytes = bytes,
            None => self.bytes -= bytes,
        }
        self.leaving.append(&mut leaving);
        Ok(())
    }

    /// Those of a channel with a higher number than `last` go one by one: what is still to be kept lies in the same folders.
    fn leave_after(&mut self, folder: &str, last: u64) {
        let goes = |(id, of, tree): &Key| *tree == Tree::Live && **of == *folder && id.seq > last;
        let gone = self.files.extract_if(.., |key, _| goes(key)).chain(self.stuck.extract_if(.., |key, _| goes(key)));
        let (mut files, mut bytes) = (Vec::new(), 0);
        for ((id, ..), entry) in gone {
            files.push(picture_path(&self.data, Tree::Live, folder, id, entry.kind));
            bytes += entry.bytes;
        }
        self.leaving.push(Leaving::of(self.data.join(Tree::Live.folder()).join(folder), files, bytes));
    }

    /// Keeps all pictures of a channel's broadcast that has ended: by and by, and after a kill at the next start.
    ///
    /// # Errors
    /// Those of the file system, if after a kill they would be removed. They are kept all the same.
    pub(in crate::frames) fn keep_ended(&mut self, folder: &str) -> io::Result<()> {
        let is_it = |(_, of, tree): &&Key| *tree == Tree::Live && **of == *folder;
        let pictures: Vec<_> = self.files.keys().filter(is_it).map(|(id, ..)| *id).collect();
        let Some(last) = pictures.iter().map(|id| id.seq).max() else { return Ok(()) };
        self.finish_leaving(folder);
        self.keeping.retain(|keeping| *keeping.folder != *folder);
        self.keeping.push(Keeping::new(folder, last, pictures));
        let part = self.data.join("tmp").join(format!("{}.part", FrameId { captured_at: 0, seq: last }));
        write_and_move(&part, &keeping::mark(&self.data, folder), last.to_string().as_bytes(), Tree::Kept)
    }

    /// What is still to be removed of a channel has lower numbers than what is to be kept now: after a kill it would be kept, too.
    fn finish_leaving(&mut self, folder: &str) {
        let channel = self.data.join(Tree::Live.folder()).join(folder);
        for mut leaving in self.leaving.extract_if(.., |leaving| leaving.is_of(&channel)) {
            while !leaving.remove_some(&mut self.trouble) {}
            self.bytes -= leaving.bytes;
        }
    }

    /// Whether there is something to be moved when nothing else is to be done.
    pub(in crate::frames) fn has_keeping(&self) -> bool {
        self.keeping.iter().any(Keeping::is_open)
    }

    /// Moves some of what is to be kept.
    pub(in crate::frames) fn keep_some(&mut self) {
        /// So that a picture that is to be saved meanwhile waits for moments: each one moved waits for the disk.
        const SOME: usize = 8;
        let Some(index) = self.keeping.iter().position(Keeping::is_open) else { return };
        let mut keeping = self.keeping.remove(index);
        for _ in 0..SOME {
            let Some(id) = keeping.untried.pop() else { break };
            if let Err(error) = self.keep_one(&keeping.folder, id) {
                keeping.stuck.push(id);
                keeping.trouble = Some(error);
            }
        }
        if keeping.untried.is_empty() && keeping.stuck.is_empty() {
            match keeping.finish(&self.data) {
                Ok(()) => return,
                Err(error) => keeping.trouble = Some(error),
            }
        }
        self.keeping.insert(index, keeping);
    }

    fn keep_one(&mut self, folder: &Arc<str>, id: FrameId) -> io::Result<()> {
        let key = (id, folder.clone(), Tree::Live);
        // It may have had to make room.
        let Some(entry) = self.files.remove(&key) else { return Ok(()) };
        let [from, to] = [Tree::Live, Tree::Kept].map(|tree| picture_path(&self.data, tree, folder, id, entry.kind));
        match move_lasting(&from, &to) {
            Ok(()) => drop(self.files.insert((id, folder.clone(), Tree::Kept), entry)),
            // Somebody else removed it.
            Err(_) if !from.exists() => self.bytes -= entry.bytes,
            Err(error) => {
                self.files.insert(key, entry);
                return Err(error);
            }
        }
        Ok(())
    }

    /// What hinders keeping.
    pub(in crate::frames) fn kept(&self) -> Result<(), &io::Error> {
        self.keeping.iter().find_map(|keeping| keeping.trouble.as_ref()).map_or(Ok(()), Err)
    }

    /// Whether there is something to be removed when nothing else is to be done.
    pub(in crate::frames) fn has_leaving(&self) -> bool {
        !self.leaving.is_empty()
    }

    /// Removes some of that; false if there is nothing.
    pub(in crate::frames) fn remove_some(&mut self) -> bool {
        let Some(leaving) = self.leaving.last_mut() else { return false };
        if leaving.remove_some(&mut self.trouble) {
            self.bytes -= leaving.bytes;
            self.leaving.pop();
        }
        true
    }

    /// Tries again to keep what could not be kept, and to remove what could not be removed, unless there is enough to be removed as
    /// it is.
    pub(in crate::frames) fn retry(&mut self) {
        self.keeping.iter_mut().for_each(Keeping::retry);
        if self.has_leaving() {
            return;
        }
        self.trouble = None;
        self.files.append(&mut self.stuck);
        self.leaving = left_over(&self.data);
        let folders: Vec<_> = self.undiscarded.keys().cloned().collect();
        for folder in folders {
            // Among those of a broadcast that goes on it must wait for the end of that.
            if !self.files.keys().any(|(_, of, tree)| *tree == Tree::Live && **of == *folder) {
                self.discard_live(&folder);
            }
        }
    }

    /// What hinders a removal.
    pub(in crate::frames) fn removed(&self) -> Result<(), &io::Error> {
        self.trouble.as_ref().or_else(|| self.undiscarded.values().next()).map_or(Ok(()), Err)
    }
}
