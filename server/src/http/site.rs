//! The operator's own web site, from the same address and port: files of one folder, and nothing else of the disk.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use warp::filters::BoxedFilter;
use warp::path::FullPath;
use warp::{Filter, Rejection, Reply};

use super::reply::{Refusal, Response};
use super::sharing::{Readers, protect};

/// Files of the folder; for all else the answer is that there is nothing.
pub(super) fn files(site: &Path) -> BoxedFilter<(Response,)> {
    let folder = site.to_owned();
    let is_of_site = warp::path::full().and_then(move |path| check(folder.clone(), path)).untuple_one();
    let file = is_of_site.and(warp::fs::dir(site.to_owned())).map(|file: warp::fs::File| {
        let mut response = file.into_response();
        protect(&mut response);
        response
    });
    file.recover(|_: Rejection| async {
        let mut response = Refusal::NotFound.answer(None);
        Readers::default().share(&mut response);
        Ok::<_, Rejection>(response)
    })
    .unify()
    .boxed()
}

/// Lets names pass that are in the folder, neither hidden nor, by way of a link, elsewhere.
async fn check(folder: PathBuf, path: FullPath) -> Result<(), Rejection> {
    let name = percent_decode_str(path.as_str()).decode_utf8().map_err(|_| warp::reject())?;
    if name.split(['/', '\\']).any(|part| part.starts_with('.')) {
        return Err(warp::reject());
    }
    let real = |path: PathBuf| async { tokio::fs::canonicalize(path).await.map_err(|_| warp::reject()) };
    let file = real(folder.join(name.trim_start_matches('/'))).await?;
    if file.starts_with(real(folder).await?) { Ok(()) } else { Err(warp::reject()) }
}
