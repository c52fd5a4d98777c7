//! Evaluates network policies as a cluster does: by selectors. IP blocks are not supported, because none are used.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::objects::{Object, objects};

type Labels = BTreeMap<String, String>;

/// One end of a connection. Without a namespace it is not a pod, and no selector matches it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pod {
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) labels: Labels,
    /// Name and number.
    pub(crate) ports: Vec<(String, u16)>,
}

/// A policy and its namespace.
pub(crate) struct Policy {
    namespace: String,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    pod_selector: Selector,
    policy_types: Vec<Direction>,
    #[serde(default)]
    ingress: Vec<Ingress>,
    #[serde(default)]
    egress: Vec<Egress>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ingress {
    #[serde(default)]
    from: Vec<Peer>,
    #[serde(default)]
    ports: Vec<Port>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Egress {
    #[serde(default)]
    to: Vec<Peer>,
    #[serde(default)]
    ports: Vec<Port>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Peer {
    namespace_selector: Option<Selector>,
    pod_selector: Option<Selector>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Selector {
    #[serde(default)]
    match_labels: Labels,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Port {
    #[serde(rename = "protocol")]
    _protocol: String,
    port: Number,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u16),
    Name(String),
}

/// Every policy of the manifests.
pub(crate) fn policies() -> Vec<Policy> {
    let is_policy = |object: &Object| object.kind() == "NetworkPolicy";
    let policy = |object: Object| Policy {
        namespace: object.namespace,
        spec: serde_json::from_value(object.value["spec"].clone())
            .unwrap_or_else(|error| panic!("{}: {error}", object.file)),
    };
    objects()
        .into_iter()
        .filter(is_policy)
        .map(policy)
        .collect()
}

/// Whether a connection to a port passes: the policies of both ends must allow it.
pub(crate) fn passes(policies: &[Policy], from: &Pod, to: &Pod, port: u16) -> bool {
    lets(policies, Direction::Egress, from, to, (to, port))
        && lets(policies, Direction::Ingress, to, from, (to, port))
}

/// Whether the policies of `subject` allow a connection with `other`; a pod that no policy selects is unrestricted.
fn lets(
    policies: &[Policy],
    direction: Direction,
    subject: &Pod,
    other: &Pod,
    port: (&Pod, u16),
) -> bool {
    let of_subject: Vec<_> = policies
        .iter()
        .filter(|policy| policy.selects(subject, direction))
        .collect();
    of_subject.is_empty()
        || of_subject
            .iter()
            .any(|policy| policy.lets(direction, other, port))
}

// === impl Policy ===

impl Policy {
    fn selects(&self, pod: &Pod, direction: Direction) -> bool {
        pod.namespace.as_ref() == Some(&self.namespace)
            && self.spec.policy_types.contains(&direction)
            && self.spec.pod_selector.matches(&pod.labels)
    }

    fn lets(&self, direction: Direction, other: &Pod, port: (&Pod, u16)) -> bool {
        let rule = |peers: &[Peer], ports: &[Port]| {
            (peers.is_empty() || peers.iter().any(|peer| peer.is(other, &self.namespace)))
                && (ports.is_empty() || ports.iter().any(|wanted| wanted.is(port)))
        };
        match direction {
            Direction::Ingress => self.spec.ingress.iter().any(|r| rule(&r.from, &r.ports)),
            Direction::Egress => self.spec.egress.iter().any(|r| rule(&r.to, &r.ports)),
        }
    }
}

impl Peer {
    /// Without a namespace selector, a peer is in the policy's own namespace.
    fn is(&self, pod: &Pod, own: &str) -> bool {
        let Some(namespace) = &pod.namespace else {
            return false;
        };
        let name = ("kubernetes.io/metadata.name".to_owned(), namespace.clone());
        let there = match &self.namespace_selector {
            Some(selector) => selector.matches(&Labels::from([name])),
            None => namespace == own,
        };
        let selected = self.pod_selector.as_ref();
        there && selected.is_none_or(|selector| selector.matches(&pod.labels))
    }
}

impl Selector {
    fn matches(&self, labels: &Labels) -> bool {
        let has = |(key, value): (&String, &String)| labels.get(key) == Some(value);
        self.match_labels.iter().all(has)
    }
}

impl Port {
    fn is(&self, (pod, number): (&Pod, u16)) -> bool {
        match &self.port {
            Number::Number(wanted) => *wanted == number,
            Number::Name(wanted) => pod.ports.contains(&(wanted.clone(), number)),
        }
    }
}
