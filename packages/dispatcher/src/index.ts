// The door of dispatcher.
