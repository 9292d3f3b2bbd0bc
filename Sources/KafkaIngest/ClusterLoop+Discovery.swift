import Engine
import EventLog
import Logging
import Observability
import UsageStore

extension ClusterLoop {
    /// Milliseconds the broker has to answer.
    private static let answerMilliseconds: Int32 = 5_000

    /// Looks which topics and partitions there are, and begins those that are new.
    func discover() {
        do {
            let topics = try client.topics(milliseconds: Self.answerMilliseconds)
            noteMissing(topics)
            let known = log.positions
            var begun: [(id: PartitionID, offset: Int64)] = []
            var leaders: [Int32: PartitionID] = [:]
            for topic in topics where topic.failure == nil && selection.includes(topic.name) {
                for partition in topic.partitions.sorted(by: { $0.number < $1.number }) {
                    guard !stopping.isSet else { return }
                    let id = PartitionID(topic: topic.name, number: partition.number)
                    leaders[partition.leader] = id
                    if let offset = try offsetToBegin(id, known: known) { begun.append((id, offset)) }
                }
            }
            if !begun.isEmpty { try begin(begun) }
            onePartitionEach = Array(leaders.values)
            hasListed = true
            newTopics.removeAll()
            settle(.cluster)
            discoveryPause.reset()
            let isMissing = !selection.names.isSubset(of: listed)
            if !isMissing { missingPause.reset() }
            discoverAt = .now + (isMissing ? missingPause.next() : settings.intervals.discovery)
        } catch {
            note(.cluster, error.description)
            discoverAt = .now + discoveryPause.next()
        }
        showStatus()
    }

    /// A topic may have come or gone: looks again before the time, but not at once.
    func discoverSoon() {
        discoverAt = min(discoverAt, .now + .seconds(1))
    }

    private func noteMissing(_ topics: [ConsumerClient.ListedTopic]) {
        let found = Dictionary(topics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for name in selection.names.sorted() {
            guard let topic = found[name] else {
                note(.topic(name), "the topic \(name) is not there")
                continue
            }
            if let failure = topic.failure {
                note(.topic(name), "the topic \(name) cannot be read: \(failure)")
            } else {
                settle(.topic(name))
            }
        }
        for gone in listed.subtracting(found.keys).sorted() { leave(topic: gone) }
        listed = Set(found.keys)
    }

    /// The topic is not there any more. Its positions stay: where it comes back, reading goes on from them, or the broker
    /// says that they are out of range.
    private func leave(topic: String) {
        for place in partitions.indices where partitions[place].id.topic == topic && partitions[place].isFetched {
            logger.warning("the topic of a partition is gone", metadata: ["partition": "\(partitions[place].id)"])
            end(place)
            partitions[place].end = nil
        }
    }

    /// Where to begin with a partition; nil when it is fetched already or cannot go on.
    private func offsetToBegin(_ id: PartitionID, known: [PositionKey: Int64]) throws(KafkaError) -> Int64? {
        if let place = places[id] {
            let partition = partitions[place]
            if partition.isFetched { return nil }
            guard partition.isLost else { return partition.next }
            // The offset may be there again, for example after a restore.
            let offered = try client.watermarks(of: id, milliseconds: Self.answerMilliseconds)
            guard offered.lowerBound <= partition.next, partition.next <= offered.upperBound else {
                tellLost(place, offered)
                return nil
            }
            partitions[place].isLost = false
            settle(.partition(id))
            return partition.next
        }
        let source = "\(settings.name)/\(id.topic)"
        if let offset = known[PositionKey(source: source, partition: id.number)] {
            add(id, source: source, next: offset)
            return offset
        }
        let offered = try client.watermarks(of: id, milliseconds: Self.answerMilliseconds)
        // Partitions that are added to a topic hold nothing that was there before it was read.
        if !known.keys.contains(where: { $0.source == source }) { newTopics.insert(id.topic) }
        let atEnd = settings.offsetReset == .latest && newTopics.contains(id.topic)
        let offset = atEnd ? offered.upperBound : offered.lowerBound
        let place = add(id, source: source, next: offset)
        partitions[place].end = offered.upperBound
        let reason =
            atEnd
            ? "first read, begins behind the newest message; \(offered.count) older ones are left out (offsetReset: latest)"
            : "first read, begins at the oldest message"
        logger.info(
            "a partition is read for the first time",
            metadata: ["partition": "\(id)", "offset": "\(offset)", "reason": "\(reason)"]
        )
        // On disk before the first message is taken: messages that the broker deletes before they are taken are missed then.
        return jump(place, to: offset, reason: reason) ? offset : nil
    }

    @discardableResult
    private func add(_ id: PartitionID, source: String, next: Int64) -> Int {
        let instruments = PartitionInstruments(id, cluster: settings.name, registry: registry)
        instruments.position.set(Double(next))
        places[id] = partitions.count
        partitions.append(
            Partition(id: id, source: source, instruments: instruments, next: next, durable: next, movedAt: .now)
        )
        return partitions.count - 1
    }

    private func begin(_ begun: [(id: PartitionID, offset: Int64)]) throws(KafkaError) {
        try client.begin(begun)
        for (id, offset) in begun {
            guard let place = places[id] else { continue }
            partitions[place].isFetched = true
            partitions[place].movedAt = .now
            logger.info("partition begun", metadata: ["partition": "\(id)", "offset": "\(offset)"])
        }
    }

    private func end(_ place: Int) {
        partitions[place].isFetched = false
        do {
            try client.end(partitions[place].id)
        } catch {
            logger.warning("a partition could not be ended", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Offsets that are gone

    /// The broker does not have the offset a partition goes on from: does what `offsetReset` says, and never in silence.
    func recover(_ place: Int) {
        end(place)
        let id = partitions[place].id
        do {
            let offered = try client.watermarks(of: id, milliseconds: Self.answerMilliseconds)
            let next = partitions[place].next
            if offered.lowerBound <= next, next <= offered.upperBound {
                return try begin([(id, next)])
            }
            guard settings.offsetReset != .error else {
                partitions[place].isLost = true
                return tellLost(place, offered)
            }
            let offset = settings.offsetReset == .earliest ? offered.lowerBound : offered.upperBound
            let lost = LostOffsets(next: next, offered: offered, goesOnAt: offset)
            logger.error(
                "messages are lost",
                metadata: [
                    "partition": "\(id)", "lost": "\(lost)", "offset": "\(offset)",
                    "offsetReset": "\(settings.offsetReset.rawValue)",
                ]
            )
            partitions[place].instruments.lost.increment(by: lost.count)
            guard jump(place, to: offset, reason: "\(lost) (offsetReset: \(settings.offsetReset.rawValue))") else {
                return
            }
            try begin([(id, offset)])
        } catch {
            note(.cluster, error.description)
            discoverSoon()
        }
    }

    private func tellLost(_ place: Int, _ offered: Range<Int64>) {
        let partition = partitions[place]
        let lost = LostOffsets(next: partition.next, offered: offered, goesOnAt: nil)
        partitions[place].end = offered.upperBound
        note(
            .partition(partition.id),
            "\(partition.id) has stopped: \(lost); to go on without them set offsetReset to earliest or latest and restart"
        )
    }
}

/// Which offsets can no longer be read, in words.
struct LostOffsets: CustomStringConvertible {
    /// The offset that should have been read next.
    let next: Int64
    /// What the broker has.
    let offered: Range<Int64>
    /// Where reading goes on; nil when it does not.
    let goesOnAt: Int64?

    /// Offsets that are known to be lost; those of a topic that was made anew are not.
    var count: Int { Int(max(0, (goesOnAt ?? offered.lowerBound) - next)) }

    var description: String {
        if next < offered.lowerBound {
            let end = max(offered.lowerBound, goesOnAt ?? 0)
            return "the offsets \(next) to \(end - 1) are no longer on the broker or left out, which has "
                + "\(offered.lowerBound) to \(offered.upperBound - 1)"
        }
        return
            "the topic was cut or made anew: offset \(next) comes next, and the broker's newest is \(offered.upperBound - 1)"
    }
}
