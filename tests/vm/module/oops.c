// SPDX-License-Identifier: GPL-2.0
/* A thread of the kernel that stores where nothing is: the kernel says so at length, ends the thread and goes
 * on. For tests only. */
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>

static int* nowhere;

static int store(void* unused) {
    *(volatile int*)nowhere = 1;
    return 0;
}

static int __init oops_init(void) {
    return PTR_ERR_OR_ZERO(kthread_run(store, NULL, "hvfbd_oops"));
}
module_init(oops_init);
MODULE_DESCRIPTION("test-only: an oops");
MODULE_LICENSE("GPL");
