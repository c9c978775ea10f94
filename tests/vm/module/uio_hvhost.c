// SPDX-License-Identifier: GPL-2.0
/*
 * The synthetic video device that hvhost --ivshmem offers, as uio_hv_generic would show it to user space:
 * docs/ivshmem.md. For tests only.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uio_driver.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

/* Of ivshmem-doorbell, in BAR 0; the host is peer 1. */
#define DOORBELL 12
#define HOST (1 << 16)

/* The first page of the memory, in BAR 2. */
#define NAME 0
#define VERSION 8
#define RINGS 12
#define RINGS_SIZE 16
#define FRAMEBUFFER 20
#define FRAMEBUFFER_SIZE 24
#define OFFER 28
#define OPENED 32
#define OPENS 36
#define ADDRESS 40

/* struct hv_ring_buffer */
#define INTERRUPT_MASK 8

struct device_of_host {
    struct uio_info info;
    struct pci_dev* pci;
    void __iomem *registers, *memory, *inbound;
    struct work_struct follow;
    wait_queue_head_t answered;
    u32 offer; /* which one is registered; 0: none */
    int users; /* under info_lock of uio, or not registered */
    int irq;
};

static u32 get(struct device_of_host* dev, int field) {
    return ioread32(dev->memory + field);
}

static void ring_doorbell(struct device_of_host* dev) {
    mb();
    iowrite32(HOST, dev->registers + DOORBELL);
}

/* Tells the host that the device is open: an odd number of times opened and closed. */
static void say_open(struct device_of_host* dev, bool open) {
    u32 opens = get(dev, OPENS);

    if ((opens & 1) == open) return;
    iowrite32(opens + 1, dev->memory + OPENS);
    ring_doorbell(dev);
}

static bool is_let_in(struct device_of_host* dev) {
    return get(dev, OPENED) == get(dev, OPENS);
}

static bool is_offered(struct device_of_host* dev) {
    return get(dev, OFFER) == dev->offer;
}

static int hvhost_open(struct uio_info* info, struct inode* inode) {
    struct device_of_host* dev = info->priv;
    long left;

    if (dev->users++) return 0;
    say_open(dev, true);
    /* The host makes the rings first, as it does before it answers to vmbus_open(). */
    left = wait_event_timeout(dev->answered, is_let_in(dev) || !is_offered(dev), 10 * HZ);
    if (left && is_offered(dev)) return 0;
    dev->users = 0;
    say_open(dev, false);
    return left ? -ENODEV : -ETIMEDOUT;
}

static int hvhost_release(struct uio_info* info, struct inode* inode) {
    struct device_of_host* dev = info->priv;

    if (!--dev->users) say_open(dev, false);
    return 0;
}

static int hvhost_irqcontrol(struct uio_info* info, s32 on) {
    struct device_of_host* dev = info->priv;

    iowrite32(!on, dev->inbound + INTERRUPT_MASK);
    if (on) ring_doorbell(dev);
    return 0;
}

static irqreturn_t hvhost_interrupt(int irq, void* data) {
    struct device_of_host* dev = data;

    wake_up(&dev->answered);
    if (!is_offered(dev)) {
        schedule_work(&dev->follow);
    } else if (dev->offer) {
        iowrite32(1, dev->inbound + INTERRUPT_MASK);
        mb();
        uio_event_notify(&dev->info);
    }
    return IRQ_HANDLED;
}

/* Without interrupts meanwhile: they look at what is registered. */
static void set_offer(struct device_of_host* dev, u32 offer) {
    if (dev->offer) {
        uio_unregister_device(&dev->info);
        /* Who had it open still has, but uio tells of no release any more. */
        dev->users = 0;
        say_open(dev, false);
    }
    dev->offer = offer;
    if (offer && uio_register_device(&dev->pci->dev, &dev->info)) {
        dev_err(&dev->pci->dev, "cannot be registered\n");
        dev->offer = 0;
    }
}

static void hvhost_follow(struct work_struct* work) {
    struct device_of_host* dev = container_of(work, struct device_of_host, follow);

    disable_irq(dev->irq);
    if (!is_offered(dev)) set_offer(dev, get(dev, OFFER));
    enable_irq(dev->irq);
}

static void describe(struct device_of_host* dev, int index, const char* name, int offset, int size) {
    struct uio_mem* map = &dev->info.mem[index];

    map->name = name;
    map->memtype = UIO_MEM_PHYS;
    map->addr = pci_resource_start(dev->pci, 2) + get(dev, offset);
    map->size = get(dev, size);
}

static int hvhost_probe(struct pci_dev* pci, const struct pci_device_id* id) {
    struct device_of_host* dev = devm_kzalloc(&pci->dev, sizeof(*dev), GFP_KERNEL);
    char name[8];
    int result;

    if (!dev) return -ENOMEM;
    result = pcim_enable_device(pci);
    if (result) return result;
    /* Without BAR 1 there are no interrupts: ivshmem-plain. */
    if (!pci_resource_len(pci, 1)) return -ENODEV;
    result = pcim_iomap_regions(pci, BIT(0) | BIT(2), KBUILD_MODNAME);
    if (result) return result;
    dev->pci = pci;
    dev->registers = pcim_iomap_table(pci)[0];
    dev->memory = pcim_iomap_table(pci)[2];
    memcpy_fromio(name, dev->memory + NAME, sizeof(name));
    if (memcmp(name, "hvhost\0", sizeof(name)) || get(dev, VERSION) != 1) return -ENODEV;

    dev->inbound = dev->memory + get(dev, RINGS) + get(dev, RINGS_SIZE) / 2;
    describe(dev, 0, "txrx_rings", RINGS, RINGS_SIZE);
    describe(dev, 1, "framebuffer", FRAMEBUFFER, FRAMEBUFFER_SIZE);
    writeq(dev->info.mem[1].addr, dev->memory + ADDRESS);
    dev->info.name = KBUILD_MODNAME;
    dev->info.version = "1";
    dev->info.irq = UIO_IRQ_CUSTOM;
    dev->info.irqcontrol = hvhost_irqcontrol;
    dev->info.open = hvhost_open;
    dev->info.release = hvhost_release;
    dev->info.priv = dev;
    init_waitqueue_head(&dev->answered);
    INIT_WORK(&dev->follow, hvhost_follow);
    /* Where this guest was not left in order. */
    say_open(dev, false);

    pci_set_master(pci);
    result = pci_alloc_irq_vectors(pci, 1, 1, PCI_IRQ_MSIX);
    if (result < 0) return result;
    dev->irq = pci_irq_vector(pci, 0);
    result = request_irq(dev->irq, hvhost_interrupt, 0, KBUILD_MODNAME, dev);
    if (result) {
        pci_free_irq_vectors(pci);
        return result;
    }
    pci_set_drvdata(pci, dev);
    /* What is offered already interrupts no more. */
    schedule_work(&dev->follow);
    return 0;
}

static void hvhost_remove(struct pci_dev* pci) {
    struct device_of_host* dev = pci_get_drvdata(pci);

    disable_irq(dev->irq);
    cancel_work_sync(&dev->follow);
    set_offer(dev, 0);
    free_irq(dev->irq, dev);
    pci_free_irq_vectors(pci);
}

static const struct pci_device_id hvhost_ids[] = {{PCI_DEVICE(0x1af4, 0x1110)}, {}};
MODULE_DEVICE_TABLE(pci, hvhost_ids);

static struct pci_driver hvhost_driver = {
    .name = KBUILD_MODNAME,
    .id_table = hvhost_ids,
    .probe = hvhost_probe,
    .remove = hvhost_remove,
};
module_pci_driver(hvhost_driver);
MODULE_DESCRIPTION("test-only: the synthetic video device of hvhost in ivshmem memory");
MODULE_LICENSE("GPL");
