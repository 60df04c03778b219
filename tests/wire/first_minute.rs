//! The first minute of somebody who has never used Cometcam, in its order. How long each step takes is judged by `make bench`,
//! on a machine that has nothing else to do.

use cometcam_tests::first_minute::first_minute;

#[tokio::test]
async fn from_an_empty_home_to_the_picture_on_a_guests_phone_and_to_nothing_again() {
    println!("{:?}", first_minute().await);
}
