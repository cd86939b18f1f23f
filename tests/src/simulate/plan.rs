//! What a seed makes happen.

use std::time::Duration;

use fastrand::Rng;

use super::act::{
    Act, Channel, Database, Failure, Feed, Field, Mail, Network, Step, Trigger, Trouble, Turn,
};

/// Where the ledgers and stores are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// In memory. A seed is a run.
    #[default]
    Memory,
    /// In Postgres, which draws its own chance where several statements are under way at once.
    Postgres,
}

/// A run: its world, and what happens in it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed. It also draws what the steps leave open: waits, and what trouble strikes.
    pub seed: u64,
    /// Where the ledgers and stores are; a seed draws memory.
    pub storage: Storage,
    /// How many seconds the clock of each Chatwoot is off.
    pub servers: Vec<i64>,
    /// How many milliseconds after a change each Chatwoot renders its webhooks.
    pub renders: Vec<u64>,
    /// On which of them each store begins.
    pub stores: Vec<usize>,
    /// How many processes of the host.
    pub processes: usize,
    /// Whether the processes listen to the stores' live feeds.
    pub live: bool,
    /// Whether the contacts of erased customers are kept without their names.
    pub anonymize: bool,
    /// What happens.
    pub steps: Vec<Step>,
}

/// How a run goes as a whole: mixing everything into each run would hide what only shows alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Nothing goes wrong.
    Calm,
    /// Something goes wrong now and then.
    Usual,
    /// Much goes wrong.
    Stormy,
    /// Many customers, and stores that are suspended or cannot be reached.
    Crowded,
}

struct Draw {
    rng: Rng,
    servers: usize,
    stores: usize,
    processes: usize,
    /// How many customers each store had so far.
    customers: Vec<u32>,
    mood: Mood,
}

impl Plan {
    /// Draws a run.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mood = match rng.u32(0..100) {
            0..15 => Mood::Calm,
            15..60 => Mood::Usual,
            60..90 => Mood::Stormy,
            _ => Mood::Crowded,
        };
        let crowded = mood == Mood::Crowded;
        let servers = if crowded { 2 } else { rng.usize(1..=2) };
        let count = if crowded { rng.usize(2..=3) } else { rng.usize(1..=3) };
        let mut stores: Vec<usize> = (0..count).map(|_| rng.usize(0..servers)).collect();
        if crowded {
            // What happens to the first store's server is nothing to the second store.
            (stores[0], stores[1]) = (0, 1);
        }
        let processes = rng.usize(1..=3);
        let anonymize = rng.u32(0..4) == 0;
        let mut draw =
            Draw { rng, servers, stores: count, processes, customers: vec![0; count], mood };
        let mut steps = draw.beginning();
        let more = draw.rng.usize(10..=60);
        while steps.len() < more {
            match draw.rng.u32(0..60) {
                0 if draw.mood != Mood::Calm => steps.extend(draw.undone()),
                1 if draw.mood != Mood::Calm => steps.extend(draw.overtaken()),
                2 if draw.mood != Mood::Calm => steps.extend(draw.at_once()),
                3 if draw.mood != Mood::Calm => steps.extend(draw.erased_behind_replica()),
                _ => steps.push(draw.step()),
            }
        }
        let mut skew = || if draw.rng.bool() { 0 } else { draw.rng.i64(-120..=120) };
        let skews = (0..servers).map(|_| skew()).collect();
        let mut render = || draw.rng.choice([0, 5, 30, 30, 200]).unwrap_or(30);
        let renders = (0..servers).map(|_| render()).collect();
        let mut plan = Self {
            seed,
            storage: Storage::default(),
            servers: skews,
            renders,
            stores,
            processes,
            live: false,
            anonymize,
            steps,
        };
        plan.listen(mood);
        plan
    }

    /// Draws whether the processes listen, and what becomes of their lines; by chance of its own, so
    /// that what else happens stays what the seed made it.
    fn listen(&mut self, mood: Mood) {
        let mut rng = Rng::with_seed(self.seed ^ 0xfeed);
        self.live = rng.u32(0..3) > 0;
        if !self.live || mood == Mood::Calm {
            return;
        }
        let most = if mood == Mood::Stormy { 12 } else { 4 };
        for _ in 0..rng.usize(0..=most) {
            let server = rng.usize(0..self.servers.len());
            let kind = match rng.u32(0..8) {
                0 | 1 => None,
                2 => Some(Feed::Lost),
                3 => Some(Feed::Doubled),
                4 | 5 => Some(Feed::Late(rng.u64(10..8_000))),
                6 => Some(Feed::Cut),
                _ => Some(Feed::Down),
            };
            let act = kind.map_or(Act::CutLines { server }, |kind| Act::Trouble {
                trouble: Trouble::Feed(server, kind),
                per_mille: if rng.bool() { 1_000 } else { rng.u16(20..1_000) },
                lasting: Duration::from_millis(rng.u64(100..90_000)),
            });
            let step = Step { after: Duration::from_millis(rng.u64(0..500)), act };
            self.steps.insert(rng.usize(0..=self.steps.len()), step);
        }
    }

    /// The same run on another storage.
    #[must_use]
    pub fn on(self, storage: Storage) -> Self {
        Self { storage, ..self }
    }
}

impl Draw {
    /// Each store has a few customers to begin with; in a crowd one has many.
    fn beginning(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        for store in 0..self.stores {
            for _ in 0..self.rng.u32(1..=4) {
                let customer = self.new_customer(store);
                let act = Act::Register { store, customer, trigger: Trigger::Once };
                steps.push(Step { after: Duration::from_millis(20), act });
            }
        }
        if self.mood == Mood::Crowded {
            let count = self.rng.u32(50..=150);
            let first = self.customers[0];
            self.customers[0] += count;
            let act = Act::Import { store: 0, first, count };
            let ail = if self.rng.bool() {
                self.suspension(0).act
            } else {
                let lasting = Duration::from_secs(self.rng.u64(60..300));
                let kinds = [Network::TimeoutBefore, Network::Down, Network::Slow(4_000)];
                let kind = self.rng.choice(kinds).unwrap_or(Network::Down);
                Act::Trouble { trouble: Trouble::Network(0, kind), per_mille: 1_000, lasting }
            };
            steps.push(Step { after: Duration::from_millis(20), act: ail });
            steps.push(Step { after: Duration::from_millis(20), act });
            for after in [2, 15] {
                steps.push(self.probe(1, Duration::from_secs(after)));
            }
        }
        steps
    }

    /// A customer changes, nobody learns whether it was written, and the change is taken back.
    fn undone(&mut self) -> Vec<Step> {
        let store = self.rng.usize(0..self.stores);
        let customer = self.customer(store);
        let change = |field| Act::Change { store, customer, field, trigger: Trigger::Once };
        let millis = |millis| Duration::from_millis(millis);
        let begins = self.after();
        let mut steps = Vec::new();
        if self.rng.bool() {
            let kinds = [Network::ErrorAfter, Network::TimeoutAfter, Network::ResetAfter];
            let kind = self.rng.choice(kinds).unwrap_or(Network::TimeoutAfter);
            let server = self.rng.usize(0..self.servers);
            let lasting = millis(self.rng.u64(5_000..60_000));
            let trouble = Trouble::Network(server, kind);
            steps.push(Step {
                after: begins,
                act: Act::Trouble { trouble, per_mille: 1_000, lasting },
            });
            steps.push(Step { after: millis(5), act: change(Field::Name) });
        } else {
            let process = self.rng.usize(0..self.processes);
            let down = Duration::from_secs(self.rng.u64(0..20));
            let polls = self.rng.u32(1..10);
            steps.push(Step { after: begins, act: change(Field::Name) });
            let after = millis(self.rng.u64(0..80));
            steps.push(Step { after, act: Act::Kill { process, polls, down } });
        }
        let after = millis(self.rng.u64(20..10_000));
        steps.push(Step { after, act: change(Field::Back) });
        let after = Duration::from_secs(self.rng.u64(90..150));
        steps.push(Step { after, act: Act::Audit { store } });
        steps
    }

    /// A process stands still while it writes a customer, longer than its lease; another one writes
    /// what the customer changed to meanwhile, and then the change is taken back.
    fn overtaken(&mut self) -> Vec<Step> {
        let store = self.rng.usize(0..self.stores);
        let customer = self.customer(store);
        let change = |field| Act::Change { store, customer, field, trigger: Trigger::Once };
        let process = self.rng.usize(0..self.processes);
        let lasting = Duration::from_secs(self.rng.u64(70..150));
        let stalls = Act::Stall { process, lasting };
        let seconds = |seconds| Duration::from_secs(seconds);
        vec![
            Step { after: self.after(), act: change(Field::Name) },
            Step { after: Duration::from_millis(self.rng.u64(0..80)), act: stalls },
            Step { after: seconds(self.rng.u64(1..20)), act: change(Field::Name) },
            Step { after: lasting + seconds(self.rng.u64(0..10)), act: change(Field::Back) },
            Step { after: seconds(self.rng.u64(5..30)), act: Act::Audit { store } },
        ]
    }

    /// An agent resolves a conversation and opens it again, and all its webhooks come at once.
    fn at_once(&mut self) -> Vec<Step> {
        let store = self.rng.usize(0..self.stores);
        let writes = Act::GuestWrites { store, guest: self.rng.u32(0..3), channel: self.channel() };
        let trouble = Trouble::Mail(Mail::AtOnce(self.rng.u64(500..3_000)));
        let lasting = Duration::from_secs(5);
        let turn = Turn::ResolveAndOpen;
        let turns = Act::AgentTurns { store, conversation: self.rng.u32(0..2), turn };
        let seconds = |seconds| Duration::from_secs(seconds);
        vec![
            Step { after: self.after(), act: writes },
            Step { after: seconds(2), act: Act::Trouble { trouble, per_mille: 1_000, lasting } },
            Step { after: Duration::from_millis(self.rng.u64(0..500)), act: turns },
        ]
    }

    /// A customer is erased, and the host's ports read from a database that follows late, now and
    /// then: the customer is still there.
    fn erased_behind_replica(&mut self) -> Vec<Step> {
        let store = self.rng.usize(0..self.stores);
        let customer = self.customer(store);
        let trouble = Trouble::Shop(Failure::Stale(self.rng.u64(2_000..8_000)));
        let lasting = Duration::from_secs(10);
        let fails = Act::Trouble { trouble, per_mille: 400, lasting };
        vec![
            Step { after: self.after(), act: fails },
            Step { after: Duration::from_millis(20), act: Act::Erase { store, customer } },
        ]
    }

    fn suspension(&mut self, store: usize) -> Step {
        let lasting = Duration::from_secs(self.rng.u64(20..900));
        Step { after: self.after(), act: Act::Suspend { store, lasting } }
    }

    fn probe(&mut self, store: usize, after: Duration) -> Step {
        let customer = self.customer(store);
        Step { after, act: Act::Probe { store, customer } }
    }

    fn after(&mut self) -> Duration {
        let millis = match self.rng.u32(0..10) {
            0..3 => 0,
            3..6 => self.rng.u64(1..200),
            6..9 => self.rng.u64(200..5_000),
            _ => self.rng.u64(5_000..180_000),
        };
        Duration::from_millis(millis)
    }

    fn new_customer(&mut self, store: usize) -> u32 {
        self.customers[store] += 1;
        self.customers[store] - 1
    }

    /// One of the store's first customers mostly, so that something happens to the same ones.
    fn customer(&mut self, store: usize) -> u32 {
        let all = self.customers[store].max(1);
        if self.rng.u32(0..4) == 0 { self.rng.u32(0..all) } else { self.rng.u32(0..all.min(4)) }
    }

    fn trigger(&mut self) -> Trigger {
        match self.rng.u32(0..10) {
            0..2 => Trigger::Lost,
            2..8 => Trigger::Once,
            _ => Trigger::Twice,
        }
    }

    fn field(&mut self) -> Field {
        let all = [
            Field::Name,
            Field::Name,
            Field::Email,
            Field::Email,
            Field::NoEmail,
            Field::Phone,
            Field::NoPhone,
            Field::Order,
            Field::Back,
        ];
        self.rng.choice(all).unwrap_or(Field::Name)
    }

    fn channel(&mut self) -> Channel {
        if self.rng.bool() { Channel::Public } else { Channel::Widget }
    }

    fn step(&mut self) -> Step {
        let wrong = match self.mood {
            Mood::Calm => 0,
            Mood::Usual | Mood::Crowded => 12,
            Mood::Stormy => 35,
        };
        let step = if self.rng.u32(0..100) < wrong { self.trouble() } else { self.life() };
        Step { after: self.after(), ..step }
    }

    /// What happens where nothing goes wrong.
    fn life(&mut self) -> Step {
        let store = self.rng.usize(0..self.stores);
        let customer = self.customer(store);
        let guest = self.rng.u32(0..3);
        let trigger = self.trigger();
        let act = match self.rng.u32(0..100) {
            0..8 => Act::Register { store, customer: self.new_customer(store), trigger },
            8..28 => Act::Change { store, customer, field: self.field(), trigger },
            28..30 => Act::Burst { store, customer },
            30..32 => Act::Touch { store, customer },
            32..35 => Act::Swap { store, one: customer, other: self.customer(store) },
            35..38 => Act::Remove { store, customer, trigger },
            38..42 => Act::Erase { store, customer },
            42..45 => Act::Again { store, before: customer, customer: self.new_customer(store) },
            45..48 => Act::Merge { store, from: customer, into: self.customer(store) },
            48..50 => Act::WantAll { store },
            50..58 => Act::GuestWrites { store, guest, channel: self.channel() },
            58..61 => Act::GuestClaims { store, guest, customer, channel: self.channel() },
            61..66 => {
                let dropped_after = self.rng.bool().then(|| self.rng.u32(1..12));
                Act::GuestSignsIn { store, guest, customer, dropped_after }
            }
            66..72 => Act::CustomerWrites { store, customer },
            72..77 => Act::AgentEdits { store, customer, field: self.field() },
            77..79 => Act::AgentMerges { store, customer, into: self.customer(store) },
            79..81 => {
                let guest_stays = self.rng.bool();
                Act::AgentMergesGuest { store, guest, customer, guest_stays }
            }
            81..84 => Act::AgentDeletes { store, customer },
            84..86 => Act::AgentTakes { store, customer },
            86..98 => {
                let conversation = self.rng.u32(0..6);
                Act::AgentTurns { store, conversation, turn: self.turn() }
            }
            _ => Act::NewAccount { store, server: self.rng.usize(0..self.servers) },
        };
        Step { after: Duration::ZERO, act }
    }

    fn turn(&mut self) -> Turn {
        let all = [
            Turn::Resolve,
            Turn::Open,
            Turn::Snooze,
            Turn::ResolveAndOpen,
            Turn::Write,
            Turn::Write,
            Turn::Note,
            Turn::Label,
        ];
        self.rng.choice(all).unwrap_or(Turn::Write)
    }

    /// Something goes wrong.
    fn trouble(&mut self) -> Step {
        let process = self.rng.usize(0..self.processes);
        let server = self.rng.usize(0..self.servers);
        let millis = self.rng.u64(10..8_000);
        let act = match self.rng.u32(0..100) {
            0..30 => {
                let kind = self.network(millis);
                self.lasting(Trouble::Network(server, kind))
            }
            30..42 => {
                let kind = match self.rng.u32(0..5) {
                    0 | 1 => Mail::Lost,
                    2 => Mail::Doubled,
                    3 => Mail::Late(millis),
                    _ => Mail::AtOnce(millis),
                };
                self.lasting(Trouble::Mail(kind))
            }
            42..50 => {
                let kind = self.failure(millis);
                self.lasting(Trouble::Handler(kind))
            }
            50..60 => {
                let kind = self.failure(millis);
                self.lasting(Trouble::Shop(kind))
            }
            60..67 => {
                let kind = match self.rng.u32(0..3) {
                    0 => Database::Before,
                    1 => Database::After,
                    _ => Database::Slow(millis),
                };
                self.lasting(Trouble::Database(kind))
            }
            67..73 => Act::Stall { process, lasting: Duration::from_secs(self.rng.u64(5..300)) },
            73..76 => Act::Stop { process, down: Duration::from_secs(self.rng.u64(0..20)) },
            76..85 => {
                let down = Duration::from_secs(self.rng.u64(0..90));
                Act::Kill { process, polls: self.rng.u32(1..60), down }
            }
            85..92 => {
                let store = self.rng.usize(0..self.stores);
                return self.suspension(store);
            }
            // Not back: the newer of two states is then the one that looks older, and Chatwoot tells
            // nothing else by which to know.
            92..96 => Act::Skew { server, seconds: self.rng.i64(1..=30) },
            _ => {
                let longest = self.rng.choice([10, 200, 4_000]).unwrap_or(4_000);
                Act::Render { server, late: self.rng.u64(0..longest) }
            }
        };
        Step { after: Duration::ZERO, act }
    }

    fn network(&mut self, millis: u64) -> Network {
        match self.rng.u32(0..11) {
            0 => Network::ErrorBefore,
            1 | 2 => Network::ErrorAfter,
            3 => Network::TimeoutBefore,
            4 => Network::TimeoutAfter,
            5 => Network::ResetBefore,
            6 => Network::ResetAfter,
            7 => Network::Down,
            8 => Network::RateLimited,
            9 => Network::Slow(millis),
            _ => Network::Late(millis),
        }
    }

    fn failure(&mut self, millis: u64) -> Failure {
        match self.rng.u32(0..5) {
            0 => Failure::Error,
            1 => Failure::Hang,
            2 => Failure::Panic,
            3 => Failure::Slow(millis),
            _ => Failure::Stale(millis),
        }
    }

    fn lasting(&mut self, trouble: Trouble) -> Act {
        let per_mille = match self.rng.u32(0..4) {
            0 => 1_000,
            1 => self.rng.u16(300..1_000),
            _ => self.rng.u16(20..300),
        };
        Act::Trouble {
            trouble,
            per_mille,
            lasting: Duration::from_millis(self.rng.u64(100..90_000)),
        }
    }
}
