import ArgumentParser
import Engine
import EventLog
import MeterdConfiguration

/// `meterd log …`
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Check the event log of a stopped meterd, or repair it.",
        subcommands: [Verify.self, Repair.self]
    )

    /// Where the store is: named, or as a configuration says.
    struct Store: ParsableArguments {
        @Option(help: "The store's directory, storage.directory of the configuration.")
        var directory: String?
        @Option(help: "The configuration that names the store's directory.")
        var config: String?

        func validate() throws {
            guard (directory == nil) != (config == nil) else {
                throw ValidationError("Say which store: --directory DIR or --config FILE.")
            }
        }

        func logDirectory() throws -> String {
            if let directory { return Engine.logDirectory(of: directory) }
            return Engine.logDirectory(of: try LoadedConfiguration.load(config ?? "").storage.directory)
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Read every byte of the log and say what is there. Changes nothing; exit 65 where there is damage."
        )

        @OptionGroup var store: Store

        func run() throws {
            let directory = try store.logDirectory()
            let report: VerifyReport
            do throws(EventLogError) {
                report = try LogInspection.verify(directory: directory)
            } catch {
                complain(error.description)
                throw ExitStatus.fault
            }
            for segment in report.segments { print(segment.line) }
            for gap in report.gaps {
                print("events \(gap.lowerBound) to \(gap.upperBound - 1) were given up by a repair")
            }
            let events = report.segments.reduce(0) { $0 + $1.events }
            print("\(directory): \(report.segments.count) segments, \(events) events")
            for damage in report.damage { complain("\(damage)") }
            if let problem = report.identityProblem { complain("\(directory)/log.meta: \(problem)") }
            guard report.isSound else { throw ExitStatus.data }
        }
    }

    struct Repair: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Do what you decide about damage that verify reports; what is taken away is kept beside the log."
        )

        enum Decision: String, CaseIterable, ExpressibleByArgument {
            case truncate
            case skip
        }

        @OptionGroup var store: Store
        @Option(
            help: """
                truncate: keep what is before the first damage and nothing after it. skip: keep everything that can be \
                read and give up only what cannot.
                """
        )
        var decision: Decision

        func run() throws {
            let directory = try store.logDirectory()
            let report: RepairReport
            do throws(EventLogError) {
                report = try LogInspection.repair(
                    directory: directory,
                    decision: decision == .truncate ? .truncateAtDamage : .skipDamage
                )
            } catch {
                complain(error.description)
                throw ExitStatus.fault
            }
            for action in report.actions { print(action) }
            for gap in report.gaps { print("events \(gap.lowerBound) to \(gap.upperBound - 1) are given up") }
            if let removed = report.removed { print("what was taken away is in \(removed)") }
            if report.actions.isEmpty { print("\(directory): nothing to repair") }
        }
    }
}

extension SegmentReport {
    /// One line for people.
    var line: String {
        let torn =
            tornTail.map { "; a torn write of \($0.bytes) bytes at \($0.offset), which the next start cuts off" } ?? ""
        return "\(file): events \(firstSequence) to \(nextSequence), \(frames) frames, \(events) events\(torn)"
    }
}
