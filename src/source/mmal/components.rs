//! The two components that make a stream: what of each the pipeline uses.

use mmal_sys as ffi;

use super::library::Library;
use super::request::Request;
use super::setup_failure::{Failure, Step};
use super::status::{Outcome, Status};
use super::sys::{Component, Enabled, Pool, Port};
use crate::options::Codec;

/// What raspivid gives an MJPEG encoder, whose recommendation is too small.
const MJPEG_BUFFER_BYTES: u32 = 256 << 10;

/// The camera with its ports.
pub struct CameraComponent {
    pub control_events: Option<Enabled>,
    pub control: Port,
    pub preview: Port,
    pub video: Port,
    pub still: Port,
    pub component: Component,
}

/// The encoder with its ports, and the buffers that its output fills.
pub struct EncoderComponent {
    pub pool: Option<Pool>,
    pub input: Port,
    pub output: Port,
    pub component: Component,
}

/// What a step gives, or why it failed.
pub type Done<T = ()> = Result<T, Failure>;

impl CameraComponent {
    /// Has the VideoCore make it; it has a control port and three outputs.
    pub fn create(library: Library) -> Done<Self> {
        let component = Component::create(library, ffi::MMAL_COMPONENT_DEFAULT_CAMERA)
            .map_err(at(Step::CreateCamera))?;
        let ports = [
            component.control(),
            component.output(0),
            component.output(1),
            component.output(2),
        ];
        let [Some(control), Some(preview), Some(video), Some(still)] = ports else {
            return Err(Failure {
                step: Step::CreateCamera,
                status: Status::NOT_IMPLEMENTED,
            });
        };
        Ok(Self {
            control_events: None,
            control,
            preview,
            video,
            still,
            component,
        })
    }
}

impl EncoderComponent {
    /// Has the VideoCore make it; it has an input and an output.
    pub fn create(library: Library) -> Done<Self> {
        let component = Component::create(library, ffi::MMAL_COMPONENT_DEFAULT_VIDEO_ENCODER)
            .map_err(at(Step::CreateEncoder))?;
        let (Some(input), Some(output)) = (component.input(0), component.output(0)) else {
            return Err(Failure {
                step: Step::CreateEncoder,
                status: Status::NOT_IMPLEMENTED,
            });
        };
        Ok(Self {
            pool: None,
            input,
            output,
            component,
        })
    }

    /// Size and number of the buffers are set before the format is committed: the commit makes them count.
    pub fn set_format(&self, request: &Request) -> Outcome<()> {
        let encoding = match request.options.video.codec {
            Codec::H264 => ffi::MMAL_ENCODING_H264,
            Codec::Mjpeg => ffi::MMAL_ENCODING_MJPEG,
        };
        self.output
            .set_coded(&self.input, encoding, request.bitrate());
        let (count, size_bytes) = self.buffers(request);
        self.output.set_buffers(count, size_bytes);
        self.output.commit()
    }

    /// How many buffers of how many bytes.
    pub fn buffers(&self, request: &Request) -> (u32, u32) {
        let wanted = self.output.buffers();
        let size_bytes = match request.options.video.codec {
            Codec::H264 => wanted.size_bytes_recommended,
            Codec::Mjpeg => MJPEG_BUFFER_BYTES,
        };
        (
            wanted.count_recommended.max(wanted.count_min),
            size_bytes.max(wanted.size_bytes_min),
        )
    }
}

/// Tells of a refusal in which step it came.
pub fn at(step: Step) -> impl FnOnce(Status) -> Failure {
    move |status| Failure { step, status }
}
