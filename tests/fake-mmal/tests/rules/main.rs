//! MMAL's own rules, as the emulated library keeps them: what breaks one is refused and written down.

mod sys;

use sys::{Pipeline, mistakes};

#[test]
fn a_program_that_keeps_the_rules_hears_no_complaint() {
    let mistakes = mistakes(|| {
        let pipeline = Pipeline::new();
        assert_eq!(pipeline.enable_output(), 0);
        pipeline.send_all();
        pipeline.capture();
        pipeline.wait_for(5);
        assert_eq!(sys::disable(pipeline.output()), 0);
        pipeline.tear_down();
    });
    assert_eq!(mistakes, [""; 0]);
}

#[test]
fn a_component_that_does_not_exist_is_not_implemented() {
    let mistakes = mistakes(|| assert_eq!(sys::create("vc.ril.kamera"), Err(4)));
    assert_eq!(
        mistakes,
        ["component_create: there is no component 'vc.ril.kamera'"]
    );
}

#[test]
fn a_port_is_not_enabled_or_disabled_twice() {
    let mistakes = mistakes(|| {
        let pipeline = Pipeline::new();
        assert_eq!((pipeline.enable_output(), pipeline.enable_output()), (0, 3));
        assert_eq!(
            (
                sys::disable(pipeline.output()),
                sys::disable(pipeline.output())
            ),
            (0, 3)
        );
        pipeline.tear_down();
    });
    let port = "vc.ril.video_encode out:0";
    assert_eq!(
        mistakes,
        [
            format!("port_enable {port}: already enabled"),
            format!("port_disable {port}: not enabled")
        ]
    );
}

#[test]
fn a_port_of_a_tunnel_has_no_callback() {
    let mistakes = mistakes(|| {
        let pipeline = Pipeline::new();
        assert_eq!(sys::disable(pipeline.video()), 0);
        assert_eq!(sys::enable(pipeline.video()), 3);
        // The tunnel thinks that it is enabled.
        pipeline.enable_tunnel_again();
        pipeline.tear_down();
    });
    assert_eq!(
        mistakes,
        ["port_enable vc.ril.camera out:1: no callback is allowed on a connected port"]
    );
}

#[test]
fn a_buffer_is_sent_to_an_enabled_port_only_and_once_only() {
    let mistakes = mistakes(|| {
        let pipeline = Pipeline::new();
        let header = pipeline.take();
        assert_eq!(pipeline.send(header), 3);
        assert_eq!(pipeline.enable_output(), 0);
        assert_eq!((pipeline.send(header), pipeline.send(header)), (0, 3));
        assert_eq!(sys::disable(pipeline.output()), 0);
        assert_eq!(pipeline.send(header), 3);
        pipeline.tear_down();
    });
    let says = |why| format!("send_buffer vc.ril.video_encode out:0: {why}");
    let not_enabled = says("the port is not enabled");
    assert_eq!(
        mistakes,
        [
            not_enabled.clone(),
            says("the buffer is with a port already"),
            not_enabled
        ]
    );
}

#[test]
fn a_buffer_is_released_by_who_has_it() {
    let mistakes = mistakes(|| {
        let pipeline = Pipeline::new();
        let header = pipeline.take();
        sys::release(header);
        sys::release(header);
        pipeline.tear_down();
    });
    assert_eq!(
        mistakes,
        ["buffer_header_release: the buffer is not the program's but in a Queue"]
    );
}

#[test]
fn a_pool_is_destroyed_when_all_buffers_are_back() {
    let mistakes = mistakes(|| {
        let pipeline = Pipeline::new();
        pipeline.take();
        pipeline.tear_down();
    });
    assert_eq!(mistakes, ["pool_destroy: 1 buffers have not come back"]);
}

#[test]
fn a_port_is_not_disabled_by_its_own_callback() {
    let mistakes = mistakes(|| {
        let pipeline = Pipeline::new();
        assert_eq!(sys::enable_with_a_careless_callback(&pipeline), 0);
        let header = pipeline.take();
        pipeline.send(header);
        pipeline.capture();
        pipeline.wait_for(1);
        assert_eq!(sys::disable(pipeline.output()), 0);
        pipeline.tear_down();
    });
    let text = "port_disable vc.ril.video_encode out:0: called from the port's own callback, where the real one hangs";
    assert_eq!(mistakes, [text]);
}

#[test]
fn a_format_is_written_and_not_replaced() {
    let mistakes = mistakes(|| {
        let pipeline = Pipeline::new();
        assert_eq!(
            sys::commit_a_foreign_format(pipeline.output(), pipeline.video()),
            15
        );
        assert!(sys::encoding_is(pipeline.output(), b"H264"));
        pipeline.tear_down();
    });
    assert_eq!(
        mistakes,
        ["commit vc.ril.video_encode out:0: the port's format was replaced instead of written"]
    );
}

#[test]
fn a_component_is_destroyed_once() {
    let mistakes = mistakes(|| {
        let sink = sys::create("vc.null_sink").unwrap();
        assert_eq!((sys::destroy(sink), sys::destroy(sink)), (0, 3));
    });
    assert_eq!(mistakes, ["component_destroy: not a component"]);
}
