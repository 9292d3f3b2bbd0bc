import Logging

extension ClusterLoop {
    /// What is due.
    func keepHouse() {
        lookAtLog()
        tellReports()
        let now = ContinuousClock.now
        if now >= discoverAt { discover() }
        if now >= lagAt {
            lagAt = now + settings.intervals.lag
            lookAtLag()
        }
        if now >= commitAt {
            commitAt = now + settings.intervals.commit
            commit()
        }
        deadLetters?.poll()
    }

    /// The last things: what is under way reaches the disk, the broker hears how far, the dead letters go out.
    func finish() {
        _ = settleLog()
        let due = dueCommits()
        if !due.isEmpty, book.troubles.isEmpty {
            client.commit(due, milliseconds: Self.farewellMilliseconds)
        }
        if let deadLetters, let left = deadLetters.close() { logger.warning("\(left)") }
        logger.info("the cluster is read no longer", metadata: ["partitions": "\(partitions.count)"])
    }

    /// Ends librdkafka's own threads.
    func close() { client.close() }

    /// Milliseconds the broker has to answer the last commit.
    private static let farewellMilliseconds: Int32 = 2_000

    // MARK: Offsets on the broker

    private func commit() {
        let due = dueCommits()
        // While a commit is open librdkafka begins no partition, so there is one at a time.
        guard !due.isEmpty, !commitIsOpen else { return }
        commitIsOpen = true
        client.commit(due)
        for (id, offset) in due {
            if let place = places[id] { partitions[place].committed = offset }
        }
    }

    private func dueCommits() -> [(id: PartitionID, offset: Int64)] {
        partitions.filter { $0.isFetched && $0.committed != $0.durable }.map { ($0.id, $0.durable) }
    }

    // MARK: What others see

    private func lookAtLag() {
        let now = ContinuousClock.now
        for place in partitions.indices where partitions[place].isFetched {
            if let end = client.knownEnd(of: partitions[place].id) { partitions[place].end = end }
            partitions[place].showLag(now: now)
        }
        showStatus()
    }

    /// librdkafka has given everything there is of a partition. Behind the last message there may be control records of
    /// transactions, which are taken with it.
    func reachEnd(of place: Int, at offset: Int64) {
        if offset > partitions[place].next {
            partitions[place].next = offset
            builder.reach(offset, partition: place, messages: 0)
        }
        partitions[place].end = client.knownEnd(of: partitions[place].id) ?? partitions[place].end
        partitions[place].endWhenReached = partitions[place].end
        goesOn(place)
    }

    /// A partition gave messages, or has no more: what was wrong with it is right again.
    func goesOn(_ place: Int) {
        guard !book.troubles.isEmpty else { return }
        partitions[place].readTries = 0
        troubled.remove(place)
        settle(.partition(partitions[place].id))
    }

    func showStatus() {
        status.show(partitions, troubles: book.troubles, hasListed: hasListed, now: .now)
    }

    // MARK: Trouble

    /// A broker that says no is taken to be good again when it has said nothing for so long.
    private static let quietTime: Duration = .seconds(30)

    /// Something is wrong: says so once, and then at intervals.
    func note(_ kind: TroubleKind, _ text: String) {
        switch book.note(kind, text, now: .now) {
        case .begins(let text): logger.warning("\(text)")
        case .lasts(let text, let seconds): logger.warning("\(text)", metadata: ["seconds": "\(seconds)"])
        case .over, nil: break
        }
    }

    /// It is right again.
    func settle(_ kind: TroubleKind) {
        guard case .over(let text, let seconds) = book.settle(kind, now: .now) else { return }
        let what = kind == .cluster ? "the Kafka cluster \(settings.name) answers again" : "over: \(text)"
        logger.info("\(what)", metadata: ["seconds": "\(seconds)"])
    }

    private func tellReports() {
        let reports = client.reports
        for line in reports.lines { logger.debug("librdkafka: \(line.text)", metadata: ["severity": "\(line.level)"]) }
        if let refusal = reports.refusal {
            note(.broker, refusal)
            brokerTroubleAt = .now
        } else if .now - brokerTroubleAt > Self.quietTime {
            settle(.broker)
        }
        lostConnection = reports.lostConnection ?? lostConnection
        if reports.missesTopic { missesTopic = true }
        if reports.lostConnection != nil || reports.missesTopic { discoverSoon() }
        if let failure = listFailure {
            // librdkafka says why only now, after the call that failed.
            note(.cluster, lostConnection.map { "\(failure) (\($0))" } ?? failure)
            listFailure = nil
            showStatus()
        }
        switch reports.commit {
        case .success:
            commitIsOpen = false
            commitPause.reset()
            settle(.commit)
        case .failure(let failure):
            commitIsOpen = false
            for place in partitions.indices { partitions[place].committed = nil }
            commitAt = .now + commitPause.next()
            note(.commit, "the broker does not take the group's offsets: \(failure.text)")
        case nil: break
        }
        reports.clear()
        if let deadLetters {
            if let failure = deadLetters.failure {
                note(.deadLetters, failure)
            } else {
                settle(.deadLetters)
            }
        }
    }
}
