//! Traits by which the model reaches the world.
