//! Camera and encoder, set up in raspivid's order and undone in its order, wherever it ends.
//!
//! ```text
//! vc.ril.camera out 1 ══tunnel══▶ in vc.ril.video_encode out ──buffers──▶ inbox
//! ```
//!
//! What raspivid has beside that and no stream needs is left out: a null sink, which it creates and never joins to anything;
//! a second look at the list of cameras.

use std::sync::Arc;

use mmal_sys as ffi;

use super::arrival::STREAM;
use super::components::{CameraComponent, Done, EncoderComponent, at};
use super::inbox::Inbox;
use super::library::Library;
use super::parameter::{Parameter, PortPlace, Refusal, Value};
use super::parameters;
use super::port_format::PortPictures;
use super::request::Request;
use super::setup_failure::{Failure, Step};
use super::status::Outcome;
use super::sys::{Connection, Enabled, Pool, Port};
use crate::log;
use crate::options;

/// The least number of buffers on the camera's outputs for video and stills.
const CAMERA_BUFFERS: u32 = 3;
/// What the hardware rounds a picture's width and height up to.
const WIDTH_ALIGNMENT_PX: u32 = 32;
const HEIGHT_ALIGNMENT_PX: u32 = 16;

/// The camera at work. Dropping it sets the camera free, in the order of `Drop` below.
pub struct Pipeline {
    verbose: bool,
    capturing: bool,
    /// `-sp`.
    key_frame_at_start: bool,
    output: Option<Enabled>,
    tunnel: Option<Connection>,
    encoder: Option<EncoderComponent>,
    camera: CameraComponent,
}

impl Pipeline {
    /// Sets everything up and starts the capture; what the ports hand out goes to `inbox`.
    pub fn start(library: Library, request: &Request, inbox: &Arc<Inbox>) -> Done<Self> {
        let camera = CameraComponent::create(library)?;
        let verbose = request.options.verbose;
        let mut pipeline = Self {
            verbose,
            capturing: false,
            key_frame_at_start: request.options.video.key_frame_at_start,
            output: None,
            tunnel: None,
            encoder: None,
            camera,
        };
        pipeline.set_up_camera(request, inbox)?;
        pipeline.stage("Camera component done");
        let encoder = pipeline.encoder.insert(EncoderComponent::create(library)?);
        encoder
            .set_format(request)
            .map_err(at(Step::EncoderFormat))?;
        pipeline.set_all(parameters::CODING, request)?;
        pipeline.finish_encoder(request)?;
        pipeline.stage("Encoder component done");
        pipeline.join(request, inbox)?;
        Ok(pipeline)
    }

    /// Sends the text in the picture again.
    pub fn annotate(&self, request: &Request) -> Done {
        self.set(&parameters::ANNOTATION, request)
    }

    /// Asks the encoder for a key frame.
    pub fn request_key_frame(&self) -> Outcome<()> {
        self.port(PortPlace::EncoderOutput)
            .map_or(Ok(()), |port| port.set(parameters::REQUEST_KEY_FRAME, &[1]))
    }

    fn set_up_camera(&mut self, request: &Request, inbox: &Arc<Inbox>) -> Done {
        self.set_all(parameters::SELECTION, request)?;
        let events = Arc::clone(inbox);
        let receive = move |arrival: super::arrival::Arrival<'_>| {
            if arrival.command != STREAM {
                events.receive(&arrival);
            }
        };
        let enabled = self.camera.control.enable(None, receive);
        self.camera.control_events =
            Some(enabled.map_err(at(Step::Other("listening to the camera")))?);
        self.set(&parameters::CONFIGURATION, request)?;
        self.set_up_outputs(request)?;
        self.camera
            .component
            .enable()
            .map_err(at(Step::EnableCamera))?;
        self.set_all(parameters::CONTROLS, request)?;
        // The user's text has been sent; with -a 2 it is another.
        self.annotate(request)
    }

    fn set_up_outputs(&self, request: &Request) -> Done {
        let rate = request.options.effective_fps().0;
        if rate != request.options.video.fps.0 {
            self.stage("Enable dynamic frame rate to fulfil shutter speed requirement");
        }
        let CameraComponent {
            preview,
            video,
            still,
            ..
        } = &self.camera;
        self.set(&parameters::PREVIEW_RATE, request)?;
        set_pictures(preview, request, rate)?;
        self.set(&parameters::VIDEO_RATE, request)?;
        set_pictures(video, request, rate)?;
        video.raise_buffer_count(CAMERA_BUFFERS);
        set_pictures(still, request, 0)?;
        still.raise_buffer_count(CAMERA_BUFFERS);
        Ok(())
    }

    fn finish_encoder(&mut self, request: &Request) -> Done {
        let Some(encoder) = &mut self.encoder else {
            return Ok(());
        };
        encoder
            .component
            .enable()
            .map_err(at(Step::EnableEncoder))?;
        let (count, size_bytes) = encoder.buffers(request);
        let pool = Pool::create(&encoder.output, count, size_bytes);
        encoder.pool =
            Some(pool.map_err(at(Step::Other("reserving the video encoder's buffers")))?);
        Ok(())
    }

    fn join(&mut self, request: &Request, inbox: &Arc<Inbox>) -> Done {
        let Some(encoder) = &self.encoder else {
            return Ok(());
        };
        self.stage("Starting component connection stage");
        self.stage("Connecting camera video port to encoder input port");
        self.tunnel =
            Some(Connection::tunnel(&self.camera.video, &encoder.input).map_err(at(Step::Join))?);
        self.stage("Enabling encoder output port");
        let frames = Arc::clone(inbox);
        let output = encoder
            .output
            .enable(encoder.pool.as_ref(), move |arrival| {
                frames.receive(&arrival)
            });
        let output = self.output.insert(output.map_err(at(Step::EnableEncoder))?);
        output
            .send_all()
            .map_err(at(Step::Other("lending the video encoder its buffers")))?;
        self.capture(!request.options.begin_paused())
            .map_err(at(Step::Other("starting the capture")))
    }

    /// Starts or pauses the capture, unless it is so already.
    pub fn set_capturing(&mut self, capturing: bool) -> Outcome<()> {
        if capturing == self.capturing {
            return Ok(());
        }
        self.capture(capturing)
    }

    fn capture(&mut self, capturing: bool) -> Outcome<()> {
        self.stage(if capturing {
            "Starting video capture"
        } else {
            "Pausing video capture"
        });
        self.camera
            .video
            .set(parameters::CAPTURE, &[capturing.into()])?;
        self.capturing = capturing;
        if capturing && self.key_frame_at_start {
            self.request_key_frame()?;
        }
        Ok(())
    }

    fn set_all(&self, rows: &[Parameter], request: &Request) -> Done {
        rows.iter().try_for_each(|row| self.set(row, request))
    }

    /// Sets one row's parameter on all its ports. Where it is refused and goes on, an option that was given is warned of once.
    fn set(&self, row: &Parameter, request: &Request) -> Done {
        let ports = row.places.iter().filter_map(|&place| self.port(place));
        let refused = ports
            .map(|port| send(port, row, request))
            .filter_map(Result::err)
            .next();
        let Some(status) = refused else { return Ok(()) };
        let option = option_name(row);
        if row.refusal == Refusal::Ends {
            return Err(Failure {
                step: Step::Parameter { option, id: row.id },
                status,
            });
        }
        let id = row.id;
        let what = format!(
            "the camera does not take {option} (MMAL parameter {id:#x}: {status}) and goes on without it"
        );
        if request.options.was_given(row.option) {
            log::warn!("{what}");
        } else {
            log::debug!("{what}");
        }
        Ok(())
    }

    fn port(&self, place: PortPlace) -> Option<&Port> {
        let encoder = self.encoder.as_ref();
        match place {
            PortPlace::CameraControl => Some(&self.camera.control),
            PortPlace::Preview => Some(&self.camera.preview),
            PortPlace::Video => Some(&self.camera.video),
            PortPlace::Still => Some(&self.camera.still),
            PortPlace::EncoderInput => encoder.map(|encoder| &encoder.input),
            PortPlace::EncoderOutput => encoder.map(|encoder| &encoder.output),
        }
    }

    /// raspivid's lines of `-v`.
    fn stage(&self, line: &str) {
        if self.verbose {
            log::report(&[line.to_owned()]);
        }
    }
}

impl Drop for Pipeline {
    /// Capture off; ports and tunnel; components. Nothing of it is skipped because something else fails.
    fn drop(&mut self) {
        if self.capturing {
            self.stage("Finished capture");
            // The camera may be deaf: all the more reason to go on.
            let _ = self.camera.video.set(parameters::CAPTURE, &[0]);
        }
        self.stage("Closing down");
        self.output = None;
        self.tunnel = None;
        for component in self
            .encoder
            .iter()
            .map(|encoder| &encoder.component)
            .chain([&self.camera.component])
        {
            let _ = component.disable();
        }
        self.encoder = None;
        self.camera.control_events = None;
        self.stage("Close down completed, all components disconnected, disabled and destroyed");
    }
}

/// Gives one of the camera's outputs its format.
fn set_pictures(port: &Port, request: &Request, rate: u32) -> Done {
    let (visible_width, visible_height) = (request.size.width, request.size.height);
    port.set_pictures(&PortPictures {
        encoding: ffi::MMAL_ENCODING_OPAQUE,
        variant: ffi::MMAL_ENCODING_I420,
        width: visible_width.next_multiple_of(WIDTH_ALIGNMENT_PX),
        height: visible_height.next_multiple_of(HEIGHT_ALIGNMENT_PX),
        visible_width,
        visible_height,
        rate,
    });
    port.commit().map_err(at(Step::CameraFormat))
}

/// Sends the row's value, if there is one, to one port.
fn send(port: &Port, row: &Parameter, request: &Request) -> Outcome<()> {
    match row.value {
        Value::Word(word) => word(request).map_or(Ok(()), |word| port.set(row.id, &[word])),
        Value::Words(words) => words(request).map_or(Ok(()), |words| port.set(row.id, &words)),
        Value::First { length, word } => {
            let Some(word) = word(request) else {
                return Ok(());
            };
            let mut words = vec![0; length];
            // Where it cannot be read, the other words stay 0, as raspivid has it.
            let _ = port.get(row.id, &mut words);
            words[0] = word;
            port.set(row.id, &words)
        }
        Value::Versions(versions) => {
            let [newest, older @ ..] = versions(request);
            let first = port.set(row.id, &newest);
            older.iter().fold(first, |sent, words| {
                sent.or_else(|_| port.set(row.id, words))
            })
        }
    }
}

/// The option as it is typed.
fn option_name(row: &Parameter) -> String {
    options::rows()
        .find(|option| option.long == row.option)
        .map_or_else(|| row.option.to_owned(), options::Row::names)
}
