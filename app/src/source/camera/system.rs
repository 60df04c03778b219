//! What needs the C library itself: with `v4l2/ioctl.rs` the only file of this program with unsafe code.
#![allow(unsafe_code, reason = "the standard library has neither this clock nor signals to a thread")]

use std::mem::MaybeUninit;
use std::os::unix::thread::JoinHandleExt;
use std::ptr;
use std::thread::JoinHandle;
#[cfg(target_os = "linux")]
use std::time::Duration;

/// The monotonic clock, by which drivers stamp their pictures.
#[cfg(target_os = "linux")]
pub(super) fn monotonic_now() -> Duration {
    let mut time = MaybeUninit::uninit();
    // SAFETY: the call fills `time`, and can't fail with a clock that every system has.
    let time = unsafe {
        libc::clock_gettime(libc::CLOCK_MONOTONIC, time.as_mut_ptr());
        time.assume_init()
    };
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Makes the system call in which `thread` may wait return early, once. It may miss: a thread that is just about to wait then
/// waits all the same, so this is to be repeated.
pub(super) fn interrupt<T>(thread: &JoinHandle<T>) {
    extern "C" fn nothing(_signal: libc::c_int) {}
    // The default for this signal is that nothing happens, so a stray one is harmless.
    let signal = libc::SIGURG;
    // SAFETY: the action is zeroed, which is its empty form, before its handler is set; the handler does nothing; the thread's
    // id is valid until the handle, which is borrowed, is joined.
    unsafe {
        let mut action: libc::sigaction = MaybeUninit::zeroed().assume_init();
        action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as usize;
        libc::sigaction(signal, &raw const action, ptr::null_mut());
        libc::pthread_kill(thread.as_pthread_t(), signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_waiting_thread_is_interrupted() {
        // A pipe that nothing is written to. Rust's own `read` passes the interruption on; only `read_exact` hides it.
        let (mut reader, writer) = std::io::pipe().unwrap();
        let thread = std::thread::spawn(move || reader.read(&mut [0]).unwrap_err().kind());
        while !thread.is_finished() {
            interrupt(&thread);
            std::thread::yield_now();
        }
        assert_eq!(thread.join().unwrap(), std::io::ErrorKind::Interrupted);
        drop(writer);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_clock_goes_forward() {
        let before = monotonic_now();
        assert!(before > Duration::ZERO && monotonic_now() >= before);
    }
}
