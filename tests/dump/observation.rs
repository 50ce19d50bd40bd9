//! Where nodes come to stand in an observation.

use cardwright::model::card::observation::Observation;
use cardwright::model::card::observation::{FoundNode, Misplaced, ObservedSystem};
use cardwright::model::card::{NodeCode, ServiceCode, SystemCode};

fn area(code: u16, end: u16) -> FoundNode {
    FoundNode::Area {
        code: NodeCode(code),
        end: Some(NodeCode(end)),
    }
}

fn service(code: u16) -> FoundNode {
    FoundNode::Service(ServiceCode::new(code).expect("a service code"))
}

fn system() -> ObservedSystem {
    ObservedSystem::new(SystemCode(0x9001))
}

#[test]
fn a_search_nests_by_end_codes() {
    let mut system = system();
    for node in [
        area(0x0000, 0xFFFE),
        service(0x0008),
        area(0x1000, 0x1FFF),
        area(0x1400, 0x17FF),
        service(0x1408),
        service(0x1808),
        area(0x3000, 0x30FF),
        service(0x4009),
    ] {
        system.found(node).expect("a node in its place");
    }
    let tree = Observation {
        systems: vec![system],
    }
    .tree();
    let system = &tree.systems[0];
    let parents: Vec<_> = system.areas.iter().map(|area| area.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(0)]);
    let areas: Vec<_> = system
        .services
        .iter()
        .map(|s| (s.code.value(), s.area))
        .collect();
    let told = [(0x0008, 0), (0x1408, 2), (0x1808, 1), (0x4009, 0)];
    assert_eq!(areas, told.map(|(code, area)| (code, Some(area))));
    assert_eq!(system.depth(2), 2);
}

#[test]
fn nodes_are_shown_in_order_of_code_whatever_order_they_came_in() {
    let mut system = system();
    for (depth, node) in [
        (0, area(0x0000, 0xFFFE)),
        (1, area(0x3000, 0x30FF)),
        (2, service(0x3008)),
        (1, area(0x1000, 0x1FFF)),
    ] {
        system.found_at(depth, node).expect("a node in its place");
    }
    system
        .found_at(2, service(0x1008))
        .expect("a node in its place");
    let tree = Observation {
        systems: vec![system],
    }
    .tree();
    let codes: Vec<_> = tree.systems[0]
        .areas
        .iter()
        .map(|area| area.code.0)
        .collect();
    assert_eq!(codes, [0x0000, 0x1000, 0x3000]);
    let services: Vec<_> = tree.systems[0]
        .services
        .iter()
        .map(|s| (s.code.value(), s.area))
        .collect();
    assert_eq!(services, [(0x1008, Some(1)), (0x3008, Some(2))]);
}

#[test]
fn a_node_out_of_place_is_refused() {
    assert_eq!(system().found(service(0x0008)), Err(Misplaced::NoArea));
    assert_eq!(
        system().found_at(1, area(0x1000, 0x1FFF)),
        Err(Misplaced::NoArea)
    );
    let mut system = system();
    system.found(area(0x0000, 0x1FFF)).expect("the root");
    assert_eq!(
        system.found(area(0x2000, 0x2FFF)),
        Err(Misplaced::SecondRoot)
    );
    assert_eq!(system.found(service(0x2008)), Err(Misplaced::NoArea));
    system.found(service(0x1008)).expect("a node in its place");
    assert_eq!(system.found(service(0x1008)), Err(Misplaced::Twice));
}

#[test]
fn areas_cannot_nest_without_end() {
    let mut system = system();
    let refused = (0..100).find_map(|depth| {
        let code = u16::try_from(depth).expect("small") << 6;
        system.found_at(depth, area(code, 0xFFFE)).err()
    });
    assert_eq!(refused, Some(Misplaced::TooDeep));
}
