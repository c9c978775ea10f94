#include "vnc/attachment.h"

#include <gtest/gtest.h>

#include <chrono>

namespace vnc {
namespace {

using namespace std::chrono_literals;
using Step = Attachment::Step;

class AttachmentTest : public testing::Test {
  protected:
    Attachment attachment;
    Time now{1h};
};

TEST_F(AttachmentTest, WhileNobodyLooksNothingIsViewedAndNothingIsDue) {
    EXPECT_EQ(attachment.step(now), Step::rest);
    EXPECT_FALSE(attachment.wake_at(now));
    EXPECT_FALSE(attachment.waits_for_daemon());
}

TEST_F(AttachmentTest, TheDisplayIsViewedAtOnceWhenAClientLooksAndNoLongerThanThat) {
    attachment.set_looked_at(true);
    EXPECT_EQ(attachment.step(now), Step::attach);
    attachment.attached(now);
    EXPECT_EQ(attachment.step(now + 24h), Step::rest);
    EXPECT_FALSE(attachment.wake_at(now + 24h));
    attachment.set_looked_at(false);
    EXPECT_EQ(attachment.step(now), Step::detach);
    attachment.detached();
    EXPECT_EQ(attachment.step(now), Step::rest);
    attachment.set_looked_at(true);
    EXPECT_EQ(attachment.step(now), Step::attach);
}

TEST_F(AttachmentTest, ADaemonThatIsNotThereIsWaitedForWithoutATimer) {
    attachment.set_looked_at(true);
    attachment.no_daemon();
    EXPECT_EQ(attachment.step(now + 24h), Step::rest);
    EXPECT_FALSE(attachment.wake_at(now));
    EXPECT_TRUE(attachment.waits_for_daemon());
    attachment.daemon_came();
    EXPECT_EQ(attachment.step(now), Step::attach);
    EXPECT_FALSE(attachment.waits_for_daemon());
}

TEST_F(AttachmentTest, NobodyWaitsForADaemonThatNobodyWantsToSee) {
    attachment.set_looked_at(true);
    attachment.no_daemon();
    attachment.set_looked_at(false);
    EXPECT_FALSE(attachment.waits_for_daemon());
}

TEST_F(AttachmentTest, WhatMayPassIsTriedAgainLessAndLessOften) {
    attachment.set_looked_at(true);
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        EXPECT_EQ(attachment.step(now), Step::attach);
        attachment.failed(now);
        EXPECT_EQ(attachment.step(now + pause - 1ms), Step::rest);
        EXPECT_EQ(attachment.wake_at(now), now + pause);
        now += pause;
    }
    attachment.daemon_came();
    EXPECT_EQ(attachment.step(now), Step::attach);
    attachment.failed(now);
    EXPECT_EQ(attachment.wake_at(now), now + 1s);
}

TEST_F(AttachmentTest, AViewThatEndsIsOpenedAgainAtOnceAndOneThatEndsSoonAfterAPause) {
    attachment.set_looked_at(true);
    attachment.attached(now);
    attachment.lost(now + 1min);
    EXPECT_EQ(attachment.step(now + 1min), Step::attach);
    attachment.attached(now + 1min);
    attachment.lost(now + 1min + 10ms);
    EXPECT_EQ(attachment.step(now + 1min + 10ms), Step::rest);
    EXPECT_EQ(attachment.wake_at(now + 1min + 10ms), now + 1min + 10ms + 1s);
}

}  // namespace
}  // namespace vnc
