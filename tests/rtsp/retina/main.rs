//! retina-client URL tcp|udp PICTURES: plays a stream with retina, and prints a line for each picture: its time in ticks, how
//! many packets were lost before it, and its bytes without parameter sets, as a hash.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};

use futures::StreamExt;
use retina::client::{
    PlayOptions, Session, SessionOptions, SetupOptions, TeardownPolicy, Transport,
};
use retina::codec::{CodecItem, FrameFormat};
use url::Url;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, transport, pictures] = &words[..] else {
        return Err("usage: retina-client URL tcp|udp PICTURES".into());
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(play(url.parse()?, transport.parse()?, pictures.parse()?))
}

async fn play(url: Url, transport: Transport, pictures: usize) -> Result<(), Box<dyn Error>> {
    let options = SessionOptions::default().teardown(TeardownPolicy::Always);
    let mut session = Session::describe(url, options).await?;
    let setup = SetupOptions::default()
        .transport(transport)
        .frame_format(FrameFormat::MP4);
    session.setup(0, setup).await?;
    let mut stream = session.play(PlayOptions::default()).await?.demuxed()?;
    let mut seen = 0;
    while seen < pictures {
        let item = stream.next().await.ok_or("the stream has ended")??;
        if let CodecItem::VideoFrame(frame) = item {
            let mut hasher = DefaultHasher::new();
            frame.data().hash(&mut hasher);
            println!(
                "{} {} {:016x}",
                frame.timestamp().elapsed(),
                frame.loss(),
                hasher.finish()
            );
            seen += 1;
        }
    }
    Ok(())
}
