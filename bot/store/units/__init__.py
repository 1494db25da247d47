"""Units of work, by what they are about: generators that yield queries by name. They know no driver."""
