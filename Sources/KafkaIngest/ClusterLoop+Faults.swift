import Engine
import Logging
import Observability

/// Partitions that do not go on by themselves.
extension ClusterLoop {
    // MARK: Offsets that are gone

    /// The broker does not have the offset a partition goes on from: does what `offsetReset` says, and never in silence.
    func recover(_ place: Int) {
        end(place)
        let id = partitions[place].id
        do throws(KafkaError) {
            let offered = try client.watermarks(of: id, milliseconds: Self.answerMilliseconds)
            if offered.lowerBound <= partitions[place].next, partitions[place].next <= offered.upperBound {
                note(.partition(id), "the broker refuses the offset \(partitions[place].next) of \(id) and lists it")
                return discoverSoon()
            }
            giveUp(place, offered)
        } catch {
            note(.partition(id), error.description)
            discoverSoon()
        }
    }

    /// Goes on with a partition that was stopped because of its offset, or whose topic was gone.
    func resume(_ place: Int) throws(KafkaError) {
        let partition = partitions[place]
        guard partition.isLost || partition.wasGone else { return }
        let offered = try client.watermarks(of: partition.id, milliseconds: Self.answerMilliseconds)
        let isThere = offered.lowerBound <= partition.next && partition.next <= offered.upperBound
        // The offset may be there again, for example after a restore. Of a topic that was gone nobody can say whether the
        // offsets mean the same messages as before.
        if isThere, !partition.wasGone || partition.next == offered.lowerBound {
            partitions[place].isLost = false
            partitions[place].wasGone = false
            partitions[place].goneIsStored = false
            settle(.partition(partition.id))
            begin([place])
        } else {
            giveUp(place, offered)
        }
    }

    private func giveUp(_ place: Int, _ offered: Range<Int64>) {
        let id = partitions[place].id
        guard settings.offsetReset != .error else {
            partitions[place].isLost = true
            partitions[place].end = offered.upperBound
            let lost = LostOffsets(partitions[place], offered: offered, goesOnAt: nil)
            if partitions[place].wasGone, !partitions[place].goneIsStored {
                let position = StoredPosition(next: partitions[place].next, wasGone: true)
                partitions[place].goneIsStored = jump(place, to: position, reason: "the topic was gone and is back")
            }
            return note(.partition(id), "\(id) has stopped: \(lost)")
        }
        let offset = settings.offsetReset == .earliest ? offered.lowerBound : offered.upperBound
        let lost = LostOffsets(partitions[place], offered: offered, goesOnAt: offset)
        logger.error(
            "messages are lost",
            metadata: [
                "partition": "\(id)", "lost": "\(lost)", "offset": "\(offset)",
                "offsetReset": "\(settings.offsetReset.rawValue)",
            ]
        )
        partitions[place].instruments.lost.increment(by: lost.count)
        guard
            jump(
                place,
                to: StoredPosition(next: offset),
                reason: "\(lost) (offsetReset: \(settings.offsetReset.rawValue))"
            )
        else { return }
        partitions[place].isLost = false
        partitions[place].wasGone = false
        partitions[place].goneIsStored = false
        settle(.partition(id))
        begin([place])
    }

    // MARK: Fetches that fail

    /// A fetch of the partition failed with something that librdkafka may tell once and then never again: it is begun anew
    /// with each look at the topics, until a message or the end of the partition comes.
    func noteTroubled(_ place: Int, _ text: String) {
        note(.partition(partitions[place].id), text)
        if troubled.isEmpty { troublePause.reset() }
        if troubled.insert(place).inserted { discoverSoon() }
    }

    func refetchTroubled() {
        guard !troubled.isEmpty else { return }
        for place in troubled where partitions[place].isFetched {
            end(place)
            begin([place])
        }
    }

    // MARK: Messages that cannot be read

    /// Tries of a partition's next offset before it is given up as unreadable.
    private static let readTries = 10

    /// librdkafka could not read what the broker sent. That may be damage on the way, which another try mends, or on the
    /// broker's disk: after some tries the next offset is kept as a rejected message without bytes.
    ///
    /// A batch is damaged as a whole: of the one that was given up, the offsets that follow are not tried as often.
    func retryUnreadable() {
        for (place, report) in unreadable where partitions[place].isFetched && !stopping.isSet {
            let next = partitions[place].next
            note(
                .partition(partitions[place].id),
                "the offset \(next) of \(partitions[place].id) cannot be read: \(report.text)"
            )
            partitions[place].readTries += 1
            let isDamaged =
                partitions[place].readTries >= Self.readTries || partitions[place].damagedFrom == report.offset
            if isDamaged, partitions[place].end ?? 0 > next {
                partitions[place].damagedFrom = report.offset
                partitions[place].instruments.rejected.increment()
                builder.reject(RejectedMessage(unreadable: next, of: partitions[place], why: report.text))
                partitions[place].next = next + 1
                partitions[place].readTries = 0
                builder.reach(next + 1, partition: place, messages: 1)
            }
            end(place)
            discoverSoon()
        }
        unreadable.removeAll()
    }
}

/// Which offsets can no longer be read, in words.
struct LostOffsets: CustomStringConvertible {
    /// The offset that should have been read next.
    let next: Int64
    /// What the broker has.
    let offered: Range<Int64>
    /// The topic was not there for a while.
    var wasGone = false
    /// Where reading goes on; nil when it does not.
    let goesOnAt: Int64?

    /// Offsets that are known to be left out.
    var count: Int {
        let isAnother = wasGone || next > offered.upperBound
        return Int(max(0, (goesOnAt ?? offered.lowerBound) - (isAnother ? offered.lowerBound : next)))
    }

    var description: String {
        let what =
            if next < offered.lowerBound, !wasGone {
                "the offsets \(next) to \(max(offered.lowerBound, goesOnAt ?? 0) - 1) are no longer on the broker or left out; "
                    + has
            } else if wasGone {
                "the topic was gone and is back, perhaps made anew; the offset \(next) comes next, and \(has)"
            } else {
                "the topic was cut or made anew; the offset \(next) comes next, and \(has)"
            }
        if let goesOnAt { return "\(what); reading goes on at \(goesOnAt)" }
        return "\(what); set offsetReset to earliest or latest to go on, restart, and set it back afterwards"
    }

    private var has: String {
        offered.isEmpty ? "it has none" : "it has \(offered.lowerBound) to \(offered.upperBound - 1)"
    }
}

extension LostOffsets {
    init(_ partition: Partition, offered: Range<Int64>, goesOnAt: Int64?) {
        self.init(next: partition.next, offered: offered, wasGone: partition.wasGone, goesOnAt: goesOnAt)
    }
}
