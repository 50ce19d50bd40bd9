//! The registry's tables as the migrations make them. What each column means stands there.

diesel::table! {
    cards (id) {
        id -> BigInt,
        idm -> Binary,
        pmm -> Binary,
        idi -> Nullable<Binary>,
        pmi -> Nullable<Binary>,
        profile -> Nullable<Text>,
        reader -> Nullable<Text>,
        system_codes -> Binary,
        label -> Nullable<Text>,
        first_seen_ms -> BigInt,
        last_seen_ms -> BigInt,
        state -> Text,
    }
}

diesel::table! {
    runs (id) {
        id -> BigInt,
        flow -> Text,
        card -> BigInt,
        begun_ms -> BigInt,
        ending -> Nullable<Text>,
    }
}

diesel::table! {
    entries (id) {
        id -> BigInt,
        run -> BigInt,
        entry -> Text,
    }
}

diesel::table! {
    intents (id) {
        id -> BigInt,
        run -> BigInt,
        step -> Text,
        at_ms -> BigInt,
        outcome -> Text,
        settled_ms -> Nullable<BigInt>,
    }
}

diesel::joinable!(runs -> cards (card));
diesel::joinable!(entries -> runs (run));
diesel::joinable!(intents -> runs (run));
diesel::allow_tables_to_appear_in_same_query!(cards, runs, entries, intents);
