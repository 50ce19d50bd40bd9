//! A link that is listened to is the link itself, and tells each exchange with its time and step.

use crate::support::demo_card;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::readers::ReaderLink;
use cardwright::device::recorded::Recorded;
use cardwright::model::command::{Frame, code};
use cardwright::model::flow::table::StepId;
use cardwright::model::port::{CardLink, LinkError, Touch};
use cardwright::model::trace::Passed;
use std::time::Duration;

/// What an exchange takes at least.
const TAKES: Duration = Duration::from_millis(3);

/// A reader that takes its time and remembers what it was told of.
struct Slow {
    card: EmulatedCard,
    steps: Vec<Option<StepId>>,
}

impl CardLink for Slow {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        std::thread::sleep(TAKES);
        self.card.transceive(frame)
    }

    fn field_off(&mut self) {
        self.card.field_off();
    }

    fn touch(&self) -> Touch {
        self.card.touch()
    }

    fn at_step(&mut self, step: Option<&StepId>) {
        self.steps.push(step.cloned());
    }
}

impl ReaderLink for Slow {
    fn card_id(&mut self) -> Result<Vec<u8>, LinkError> {
        Ok(vec![1, 2, 3])
    }
}

#[test]
fn a_link_that_is_listened_to_is_the_link_itself() {
    let card = demo_card();
    let mut link = Slow {
        card,
        steps: Vec::new(),
    };
    let poll = Frame::build(code::POLLING, &[0xFF, 0xFF, 0, 0]).expect("it fits");
    let mut told = Vec::new();
    let mut note = |passed: Passed| {
        told.push((
            passed.touch,
            passed.step.cloned(),
            passed.taken_us,
            passed.heard.clone(),
        ));
    };
    let mut recorded = Recorded::new(&mut link, &mut note);
    let first = recorded.touch();
    let step = StepId("ST07".into());
    recorded.at_step(Some(&step));
    let heard = recorded.transceive(&poll);
    recorded.at_step(None);
    recorded.field_off();
    let second = recorded.touch();
    assert_ne!(first, second, "the field went off");
    assert_eq!(recorded.transceive(&poll), heard);
    assert_eq!(recorded.card_id(), Ok(vec![1, 2, 3]));
    assert_eq!(link.steps, [Some(step.clone()), None]);
    let [one, two] = &told[..] else {
        panic!("{} exchanges", told.len());
    };
    assert_eq!((one.0, &one.1), (first, &Some(step)));
    assert_eq!((two.0, &two.1), (second, &None));
    for (_, _, taken_us, told) in [one, two] {
        assert!(u128::from(*taken_us) >= TAKES.as_micros());
        assert_eq!(told, &heard);
    }
}
