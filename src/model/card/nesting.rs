//! In which area each node of a system stands, as far as codes tell it.
//!
//! An area holds the codes from its own to its end code, and areas do not cross, so that with end codes every place is
//! told. Without them some still are, because an area holds at least the whole of its own number, area 0 holds
//! everything, and an area of attribute 01h holds no areas. The order in which nodes are listed tells nothing.

use super::code::NodeCode;

/// The areas of one system.
#[derive(Clone, Debug)]
pub struct Nesting {
    /// In order of code.
    areas: Vec<Range>,
}

#[derive(Clone, Debug)]
struct Range {
    code: NodeCode,
    /// Last code that may stand under it, where that is told.
    end: Option<NodeCode>,
    /// The area ends here or before: its own end, or that of an area which holds it.
    bound: NodeCode,
}

impl Nesting {
    /// Of areas in any order: code and, where it is told, end code.
    pub fn new(areas: impl IntoIterator<Item = (NodeCode, Option<NodeCode>)>) -> Nesting {
        let areas = areas.into_iter().map(|(code, end)| Range {
            code,
            end: end.or((code == NodeCode::AREA_0).then_some(NodeCode::AREA_0_END)),
            bound: end.unwrap_or(NodeCode::AREA_0_END),
        });
        let mut areas: Vec<Range> = areas.collect();
        areas.sort_by_key(|area| area.code);
        for at in 0..areas.len() {
            let code = areas[at].code;
            let around = areas[..at].iter().filter_map(|area| area.end);
            let around = around.filter(|end| *end >= code).min();
            areas[at].bound = areas[at].bound.min(around.unwrap_or(areas[at].bound));
        }
        Nesting { areas }
    }

    /// The innermost area around a node; `None` where the codes do not tell it, and of area 0.
    pub fn around(&self, node: NodeCode) -> Option<NodeCode> {
        let before = self.areas.partition_point(|area| area.code < node);
        for (at, area) in self.areas[..before].iter().enumerate().rev() {
            if area.bound < node {
                continue;
            }
            if area.end.is_some() || area.code.number() == node.number() {
                return Some(area.code);
            }
            // It may have ended before the node, and nothing says so, unless an area stands behind it that it cannot
            // hold.
            let area_behind = node.is_area() || at + 1 < before;
            if area.code.allows_sub_areas() || !area_behind {
                return None;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(areas: &[(u16, Option<u16>)], node: u16) -> Option<u16> {
        let areas = areas
            .iter()
            .map(|&(code, end)| (NodeCode(code), end.map(NodeCode)));
        Nesting::new(areas)
            .around(NodeCode(node))
            .map(|area| area.0)
    }

    #[test]
    fn end_codes_tell_every_place_in_whatever_order_areas_come() {
        let areas = [
            (0x3000, Some(0x30FF)),
            (0x1400, Some(0x17FF)),
            (0x0000, Some(0xFFFE)),
            (0x1000, Some(0x1FFF)),
        ];
        for (node, area) in [
            (0x0008, 0x0000),
            (0x1000, 0x0000),
            (0x1009, 0x1000),
            (0x1400, 0x1000),
            (0x1408, 0x1400),
            (0x1808, 0x1000),
            (0x2009, 0x0000),
            (0x3009, 0x3000),
            (0x4009, 0x0000),
        ] {
            assert_eq!(around(&areas, node), Some(area), "{node:04X}");
        }
        assert_eq!(around(&areas, 0x0000), None);
    }

    #[test]
    fn without_end_codes_only_what_can_be_no_other_way_is_told() {
        let areas = [(0x0000, None), (0x1000, None), (0x1400, None)];
        for (node, area) in [
            (0x0008, Some(0x0000)),
            (0x1000, Some(0x0000)),
            // An area holds its own number.
            (0x1008, Some(0x1000)),
            // It may end with that.
            (0x1048, None),
            (0x1400, None),
            (0x1408, Some(0x1400)),
            (0x3009, None),
        ] {
            assert_eq!(around(&areas, node), area, "{node:04X}");
        }
    }

    #[test]
    fn an_area_that_holds_no_areas_has_ended_before_the_next() {
        let areas = [(0x0000, None), (0x0041, None), (0x0801, None)];
        assert_eq!(around(&areas, 0x0801), Some(0x0000));
        assert_eq!(around(&areas, 0x0848), None, "0801 or 0000");
        assert_eq!(around(&areas, 0x0088), None, "0041 or 0000");
        // Of one number, the second stands in the first.
        let areas = [(0x0000, None), (0x3940, None), (0x3941, None)];
        assert_eq!(around(&areas, 0x3941), Some(0x3940));
        assert_eq!(around(&areas, 0x3948), Some(0x3941));
    }

    #[test]
    fn an_area_without_an_end_ends_with_the_area_that_holds_it() {
        let areas = [
            (0x0000, Some(0xFFFE)),
            (0x1000, Some(0x1FFF)),
            (0x1400, None),
        ];
        assert_eq!(around(&areas, 0x1400), Some(0x1000));
        assert_eq!(around(&areas, 0x1808), None, "1400 or 1000");
        assert_eq!(around(&areas, 0x2008), Some(0x0000));
    }

    #[test]
    fn where_no_area_is_shown_no_place_is_told() {
        assert_eq!(around(&[], 0x1008), None);
        assert_eq!(around(&[(0x2000, None)], 0x1008), None);
    }
}
