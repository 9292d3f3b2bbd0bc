// Debian's librdkafka-dev: the Kafka client, and its mock cluster for tests and benchmarks.
#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
