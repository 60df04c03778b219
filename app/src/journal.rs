//! The program's log: the last lines in memory, and all of them in files of bounded size, for whoever looks later why something
//! happened while nobody looked.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use cometcam_server::cli;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::fmt::MakeWriter;

/// The lines that are remembered.
const LINES: usize = 200;
/// A longer line is cut.
const LINE_BYTES: usize = 2_000;
/// One file's size, and how many there are beside it: 5 MB in all.
const FILE_BYTES: u64 = 1_000_000;
const OLDER: usize = 4;
/// Lines that wait for the disk; more are lost to the files, and counted.
const WAITING: usize = 1_000;
/// How long the end waits for the disk.
pub const FAREWELL: Duration = Duration::from_millis(200);
/// Within the data folder.
const FOLDER: &str = "log";
/// The newest file. The older ones have a number behind the name, from 1 on.
pub const FILE: &str = "cometcam.log";

/// The log of this program, where it keeps one.
static OF_PROGRAM: OnceLock<Journal> = OnceLock::new();

/// Begins to keep a log of the program, besides what goes to stderr: at least what is worth knowing later.
pub fn begin(level: LevelFilter) {
    let journal = OF_PROGRAM.get_or_init(Journal::default).clone();
    let lines = tracing_subscriber::fmt::layer().with_writer(journal).with_target(false).with_ansi(false);
    cli::log_to_stderr_and(level, lines.with_filter(cli::targets(level.max(LevelFilter::INFO))));
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        note(&panic.to_string());
        usual(panic);
    }));
}

/// Writes to the log alone what goes to stderr in another way.
pub fn note(error: &str) {
    if let Some(journal) = of_program() {
        journal.add(&format!("{:.6} ERROR {error}", jiff::Timestamp::now()));
    }
}

/// From now on the program's log, where it keeps one, is in files beside what else is in this data folder.
pub fn keep_in(data: &Path) {
    let Some(journal) = of_program() else { return };
    let folder = data.join(FOLDER);
    if let Err(error) = journal.write_to(&folder) {
        tracing::warn!("the log can't be kept in {}: {error}", folder.display());
    }
}

/// The log of this program; `None` if it keeps none.
#[must_use]
pub fn of_program() -> Option<&'static Journal> {
    OF_PROGRAM.get()
}

/// A handle to the log; all are the same.
#[derive(Clone, Default)]
pub struct Journal(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    recent: VecDeque<String>,
    lost: u64,
    disk: Option<Disk>,
}

/// The thread that writes. The disk may hang, so nobody else does.
struct Disk {
    folder: PathBuf,
    lines: SyncSender<String>,
    done: Receiver<()>,
}

impl Journal {
    /// From now on the lines go to files in this folder, those that are remembered first.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        if self.lock().disk.as_ref().is_some_and(|disk| disk.folder == folder) {
            return Ok(());
        }
        let disk = Disk::start(folder)?;
        let mut inner = self.lock();
        if inner.disk.is_none() {
            for line in &inner.recent {
                // The first lines are fewer than can wait.
                drop(disk.lines.try_send(line.clone()));
            }
        }
        let former = inner.disk.replace(disk);
        drop(inner);
        if let Some(former) = former {
            former.end(FAREWELL);
        }
        Ok(())
    }

    /// The last lines, the oldest first.
    #[must_use]
    pub fn recent(&self) -> Vec<String> {
        self.lock().recent.iter().cloned().collect()
    }

    /// Lets what waits go to disk, for so long at most.
    pub fn end(&self, patience: Duration) {
        let disk = self.lock().disk.take();
        if let Some(disk) = disk {
            disk.end(patience);
        }
    }

    fn add(&self, line: &str) {
        let mut end = line.len().min(LINE_BYTES);
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        let line = line[..end].trim_end().to_owned();
        let mut inner = self.lock();
        if inner.recent.len() == LINES {
            inner.recent.pop_front();
        }
        inner.recent.push_back(line.clone());
        let Inner { disk: Some(disk), lost, .. } = &mut *inner else { return };
        let line = if *lost == 0 { line } else { format!("({lost} lines are missing: the disk was too slow)\n{line}") };
        *lost = if disk.lines.try_send(line).is_ok() { 0 } else { *lost + 1 };
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    fn start(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut files = Files::open(folder)?;
        let (lines, waiting) = sync_channel::<String>(WAITING);
        let (ended, done) = sync_channel(0);
        let place = folder.to_owned();
        let write = move || {
            // Kept until the end, which it tells by that.
            let _ended = ended;
            let mut fails = false;
            while let Ok(line) = waiting.recv() {
                // A disk that was full, or a folder that was removed, may be there again.
                let written = files.write(&line).or_else(|_| {
                    fs::create_dir_all(&place)?;
                    files = Files::open(&place)?;
                    files.write(&line)
                });
                if let Err(error) = &written
                    && !fails
                {
                    // Not to the log, which is what fails.
                    eprintln!("the log can't be written: {error}");
                }
                fails = written.is_err();
            }
        };
        thread::Builder::new().name("log".into()).spawn(write)?;
        Ok(Self { folder: folder.to_owned(), lines, done })
    }

    /// What waits is written; a disk that hangs is left behind.
    fn end(self, patience: Duration) {
        drop(self.lines);
        if self.done.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            eprintln!("the log's disk doesn't answer; its last lines are lost");
        }
    }
}

/// The newest file and those before it.
struct Files {
    folder: PathBuf,
    file: File,
    bytes: u64,
}

impl Files {
    fn open(folder: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(folder.join(FILE))?;
        let bytes = file.metadata()?.len();
        Ok(Self { folder: folder.to_owned(), file, bytes })
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        let line = format!("{line}\n");
        let bytes = line.len() as u64;
        if self.bytes > 0 && self.bytes + bytes > FILE_BYTES {
            self.turn_over()?;
        }
        self.file.write_all(line.as_bytes())?;
        self.bytes += bytes;
        Ok(())
    }

    /// Each file becomes the next older one, and the oldest goes.
    fn turn_over(&mut self) -> io::Result<()> {
        let older = |number: usize| self.folder.join(format!("{FILE}.{number}"));
        for number in (1..OLDER).rev() {
            match fs::rename(older(number), older(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(self.folder.join(FILE), older(1))?;
        *self = Self::open(&self.folder)?;
        Ok(())
    }
}

/// For the log's own library: a line comes in one piece.
pub struct Line(Journal);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.add(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Journal {
    type Writer = Line;

    fn make_writer(&'a self) -> Self::Writer {
        Line(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<(String, u64)> {
        let one = |entry: io::Result<fs::DirEntry>| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len())
        };
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(one).collect();
        files.sort();
        files
    }

    #[test]
    fn the_files_are_bounded_and_the_newest_lines_stay() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Files::open(folder.path()).unwrap();
        let line = |number: u32| format!("{number:06} {}", "x".repeat(1_493));
        for number in 0..8_000 {
            log.write(&line(number)).unwrap();
            if number == 4_000 {
                // As by another start.
                log = Files::open(folder.path()).unwrap();
            }
        }
        let files = files(folder.path());
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["cometcam.log", "cometcam.log.1", "cometcam.log.2", "cometcam.log.3", "cometcam.log.4"]);
        let bytes: u64 = files.iter().map(|(_, bytes)| bytes).sum();
        assert!((4_000_000..=5_000_000).contains(&bytes), "{files:?}");
        let newest = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(newest.ends_with(&(line(7_999) + "\n")));
    }

    #[test]
    fn what_was_said_before_there_was_a_folder_is_written_too_and_only_the_last_lines_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::default();
        let say = |line: String| journal.make_writer().write_all(line.as_bytes()).unwrap();
        say("it starts\n".to_owned());
        journal.write_to(&folder.path().join("log")).unwrap();
        for number in 0..LINES {
            say(format!("line {number} {}\n", "ä".repeat(LINE_BYTES)));
        }
        let recent = journal.recent();
        assert_eq!(recent.len(), LINES);
        assert!(recent[0].starts_with("line 0 ") && recent.iter().all(|line| line.len() <= LINE_BYTES));
        journal.end(Duration::from_secs(60));
        let written = fs::read_to_string(folder.path().join("log").join(FILE)).unwrap();
        assert!(written.starts_with("it starts\nline 0 ") && written.lines().count() == 1 + LINES, "{written}");
    }
}
