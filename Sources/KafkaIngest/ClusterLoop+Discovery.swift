import Engine
import EventLog
import Logging
import Observability
import UsageStore

extension ClusterLoop {
    /// Milliseconds the brokers have to list their topics.
    private static let listMilliseconds: Int32 = 3_000
    /// Milliseconds a broker has to answer for one of its partitions. Meanwhile nothing is taken.
    static let answerMilliseconds: Int32 = 1_000

    /// Looks which topics and partitions there are, begins those that are new, and asks each broker for a sign of life.
    func discover() {
        do throws(KafkaError) {
            let topics = try client.topics(milliseconds: Self.listMilliseconds)
            settle(.cluster)
            lostConnection = nil
            discoveryPause.reset()
            noteMissing(topics)
            let partitions = topics.filter { $0.failure == nil && selection.includes($0.name) }.flatMap { topic in
                topic.partitions.map { (PartitionID(topic: topic.name, number: $0.number), leader: $0.leader) }
            }
            let isComplete = look(at: partitions)
            hasListed = true
            let isMissing = !selection.names.isSubset(of: listed)
            if isComplete, !isMissing { missingPause.reset() }
            discoverAt = .now + (isComplete && !isMissing ? settings.intervals.discovery : missingPause.next())
            if !troubled.isEmpty { discoverAt = min(discoverAt, .now + troublePause.next()) }
        } catch {
            listFailure = error.description
            discoverAt = .now + discoveryPause.next()
        }
        showStatus()
    }

    /// A topic or a partition may have come or gone: looks again before the time, but not at once.
    func discoverSoon() {
        discoverAt = min(discoverAt, .now + .seconds(1))
    }

    // MARK: Topics

    /// A topic is taken for gone when two listings in a row do not have it, since one may just not know it yet, or one where a
    /// broker has refused to know it before.
    private func noteMissing(_ topics: [ConsumerClient.ListedTopic]) {
        let found = Dictionary(topics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for name in selection.names.sorted() {
            if let failure = found[name]?.failure {
                note(.topic(name), "the topic \(name) cannot be read: \(failure)")
            } else if found[name] == nil {
                note(.topic(name), "the topic \(name) is not there")
            } else {
                settle(.topic(name))
            }
        }
        let absentNow = Set(partitions.map(\.id.topic)).subtracting(found.keys)
        for topic in (missesTopic ? absentNow : absent.intersection(absentNow)).sorted() { leave(topic: topic) }
        absent = absentNow
        missesTopic = false
        listed = Set(found.keys)
    }

    /// The topic is not there any more. Its positions stay.
    private func leave(topic: String) {
        for place in partitions.indices where partitions[place].id.topic == topic && !partitions[place].wasGone {
            logger.warning("the topic of a partition is gone", metadata: ["partition": "\(partitions[place].id)"])
            end(place)
            partitions[place].wasGone = true
            partitions[place].forgetLag()
        }
    }

    // MARK: Partitions

    /// Begins what can be begun: first what has a position, since that needs no answer of its broker. False when something
    /// could not be.
    private func look(at listed: [(id: PartitionID, leader: Int32)]) -> Bool {
        let known = log.positions
        let sources = Set(known.keys.map(\.source))
        var due: [Int] = []
        for (id, _) in listed where places[id] == nil {
            let source = "\(settings.name)/\(id.topic)"
            if let encoded = known[PositionKey(source: source, partition: id.number)] {
                let position = StoredPosition(encoded: encoded)
                partitions[add(id, source: source, next: position.next)].wasGone = position.wasGone
            } else if !sources.contains(source) {
                newTopics.insert(id.topic)
            }
        }
        for (id, leader) in listed {
            if leader < 0 {
                note(.partition(id), "\(id) has no leader")
                if let place = places[id] { troubled.insert(place) }
            }
            guard let place = places[id], !partitions[place].isFetched else { continue }
            if !partitions[place].isLost && !partitions[place].wasGone { due.append(place) }
        }
        refetchTroubled()
        var isComplete = begin(due)
        let silent = askLeaders(listed)
        for (id, leader) in listed where places[id].map({ !partitions[$0].isFetched }) ?? true {
            guard !stopping.isSet else { return false }
            guard leader >= 0, !silent.contains(leader) else {
                isComplete = false
                continue
            }
            do throws(KafkaError) {
                if let place = places[id] { try resume(place) } else { try beginNew(id) }
            } catch {
                note(.partition(id), error.description)
                isComplete = false
            }
        }
        if isComplete { newTopics.removeAll() }
        return isComplete
    }

    /// Asks each broker for the end of one of its partitions. Those that do not answer.
    private func askLeaders(_ listed: [(id: PartitionID, leader: Int32)]) -> Set<Int32> {
        var led: [Int32: (first: PartitionID, count: Int)] = [:]
        for (id, leader) in listed where leader >= 0 { led[leader, default: (id, 0)].count += 1 }
        onePartitionEach = led.keys.sorted().compactMap { led[$0]?.first }
        for gone in askedLeaders.subtracting(led.keys) { settle(.leader(gone)) }
        askedLeaders = Set(led.keys)
        var silent: Set<Int32> = []
        for leader in led.keys.sorted() {
            guard !stopping.isSet, let (id, count) = led[leader] else { break }
            do throws(KafkaError) {
                let end = try client.end(of: id, milliseconds: Self.answerMilliseconds)
                settle(.leader(leader))
                if let place = places[id] { partitions[place].end = end }
            } catch {
                silent.insert(leader)
                note(.leader(leader), "broker \(leader), which leads \(count) partitions: \(error)")
            }
        }
        return silent
    }

    /// Begins a partition that was never read.
    private func beginNew(_ id: PartitionID) throws(KafkaError) {
        let offered = try client.watermarks(of: id, milliseconds: Self.answerMilliseconds)
        // Partitions that are added to a topic hold nothing that was there before it was read.
        let atEnd = settings.offsetReset == .latest && newTopics.contains(id.topic)
        let offset = atEnd ? offered.upperBound : offered.lowerBound
        let place = add(id, source: "\(settings.name)/\(id.topic)", next: offset)
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
        if jump(place, to: StoredPosition(next: offset), reason: reason) { begin([place]) }
        settle(.partition(id))
    }

    private func add(_ id: PartitionID, source: String, next: Int64) -> Int {
        let instruments = PartitionInstruments(id, cluster: settings.name, registry: registry)
        instruments.position.set(Double(next))
        places[id] = partitions.count
        partitions.append(
            Partition(id: id, source: source, instruments: instruments, next: next, durable: next, movedAt: .now)
        )
        return partitions.count - 1
    }

    /// Begins to fetch partitions from their next offsets. False when librdkafka refuses.
    @discardableResult
    func begin(_ due: [Int]) -> Bool {
        guard !due.isEmpty else { return true }
        do throws(KafkaError) {
            try client.begin(due.map { (partitions[$0].id, partitions[$0].next) })
        } catch {
            note(.cluster, error.description)
            discoverSoon()
            return false
        }
        for place in due {
            partitions[place].isFetched = true
            let level: Logger.Level = partitions[place].hasBegun ? .debug : .info
            if !partitions[place].hasBegun { partitions[place].movedAt = .now }
            partitions[place].hasBegun = true
            logger.log(
                level: level,
                "partition begun",
                metadata: ["partition": "\(partitions[place].id)", "offset": "\(partitions[place].next)"]
            )
        }
        return true
    }

    /// Fetches a partition no longer.
    func end(_ place: Int) {
        guard partitions[place].isFetched else { return }
        partitions[place].isFetched = false
        do throws(KafkaError) {
            try client.end(partitions[place].id)
        } catch {
            note(.cluster, error.description)
        }
    }
}
