/// Memory that a decoder keeps from one body to the next. It grows to what the largest body needed.
struct DecodeMemory {
    private var names: UnsafeMutableBufferPointer<NameStack.Entry>
    private var text: UnsafeMutableBufferPointer<UInt8>
    private var event: UnsafeMutableBufferPointer<UInt8>
    private var index: UnsafeMutableBufferPointer<EventIndex>
    /// The attributes of the event in binary mode that is decoded next.
    var attributes: [BinaryAttribute] = []
    /// Events found in the body decoded last.
    var events = 0
    /// What is wrong with the events of this body.
    var problems = ProblemList()

    private static let firstNames = 64
    private static let firstText = 1024

    init() {
        names = .allocate(capacity: Self.firstNames)
        text = .allocate(capacity: Self.firstText)
        event = .allocate(capacity: Self.firstText)
        index = .allocate(capacity: 1)
    }

    func deallocate() {
        names.deallocate()
        text.deallocate()
        event.deallocate()
        index.deallocate()
    }

    /// An empty stack of names.
    var nameStack: NameStack {
        guard let start = names.baseAddress else { preconditionFailure("the stack of names has memory") }
        return NameStack(entries: start, capacity: names.count)
    }

    /// The same stack with twice the room.
    mutating func moreNames(_ stack: NameStack) -> NameStack {
        let larger = UnsafeMutableBufferPointer<NameStack.Entry>.allocate(capacity: names.count * 2)
        _ = larger.initialize(fromContentsOf: names)
        names.deallocate()
        names = larger
        var moved = nameStack
        moved.count = stack.count
        return moved
    }

    /// Room for so many bytes of text; what was there before is gone.
    mutating func room(for count: Int) -> UnsafeMutablePointer<UInt8> {
        Self.room(for: count, in: &text)
    }

    /// Room for an event of so many bytes that is written before it is decoded; the one before it is gone.
    mutating func roomForEvent(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        Self.room(for: count, in: &event)
    }

    private static func room(
        for count: Int,
        in bytes: inout UnsafeMutableBufferPointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        if count > bytes.count {
            bytes.deallocate()
            bytes = .allocate(capacity: max(count, bytes.count * 2))
        }
        guard let start = bytes.baseAddress else { preconditionFailure("the text has memory") }
        return start
    }

    /// Room for so many index entries; what was there before is gone.
    mutating func entries(_ count: Int) -> UnsafeMutablePointer<EventIndex> {
        if count > index.count {
            index.deallocate()
            index = .allocate(capacity: max(count, index.count * 2))
        }
        guard let start = index.baseAddress else { preconditionFailure("the index has memory") }
        return start
    }
}

/// Problems as they are found, and how many events have any.
struct ProblemList {
    private var problems: [EventProblem] = []
    private var events = 0
    private var last = -1

    /// Notes a problem; those past the limit are only counted by their events. Events come in order.
    mutating func note(_ problem: EventProblem) {
        if problem.index != last { events += 1 }
        last = problem.index
        if problems.count < DecodeLimits.problems { problems.append(problem) }
    }

    /// The error that names the problems; nil when there are none.
    var error: DecodeError? {
        events == 0 ? nil : .invalid(problems: problems, events: events)
    }
}
