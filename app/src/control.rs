//! Which pipeline serves which channel, for those who steer cameras over HTTP.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cometcam_server::http::{CameraControl, Hold, NoCamera};

use crate::pipeline::Shared;

/// Called after a camera was held back or let go on.
pub type Told = Box<dyn Fn(Hold) + Send + Sync>;

/// The cameras that are live from this process, by channel.
#[derive(Default)]
pub struct Controls {
    cameras: Mutex<HashMap<String, (Arc<Shared>, Told)>>,
}

impl Controls {
    /// From now on the channel's camera can be steered; `told` hears of it.
    pub fn add(&self, channel: &str, pipeline: Arc<Shared>, told: Told) {
        self.cameras.lock().unwrap_or_else(PoisonError::into_inner).insert(channel.to_owned(), (pipeline, told));
    }

    /// From now on there is no camera for the channel.
    pub fn remove(&self, channel: &str) {
        self.cameras.lock().unwrap_or_else(PoisonError::into_inner).remove(channel);
    }

    /// From now on there is no camera for the channel, and the one that it had is released for good.
    pub fn end(&self, channel: &str) {
        let ended = self.cameras.lock().unwrap_or_else(PoisonError::into_inner).remove(channel);
        if let Some((pipeline, _)) = ended {
            pipeline.end();
        }
    }
}

impl CameraControl for Controls {
    fn hold(&self, channel: &str, hold: Hold) -> Result<(), NoCamera> {
        let cameras = self.cameras.lock().unwrap_or_else(PoisonError::into_inner);
        let (pipeline, told) = cameras.get(channel).ok_or(NoCamera)?;
        match hold {
            Hold::Pause => pipeline.pause(),
            Hold::Resume => pipeline.resume(),
        }
        told(hold);
        Ok(())
    }
}
