using System.Globalization;

namespace CrunSharp.Machines;

/// <summary>A machine that QEMU plays, and what its root is on.</summary>
internal enum QemuKind
{
    /// <summary>The machine type microvm: no firmware to speak of, no PCI.</summary>
    Micro,

    /// <summary>The machine type q35: a whole PC with firmware and PCI.</summary>
    Q35,

    /// <summary>The same with its root on a disk.</summary>
    Q35Disk,
}

/// <summary>QEMU.</summary>
/// <remarks>
/// The disk is NVMe: the one kind that Debian's kernel for clouds has no module for but the driver itself. A microvm gets
/// none: without ACPI it can tell that kernel of no device, and with ACPI the kernel does not boot under emulation.
/// </remarks>
internal sealed class QemuMonitor(string path, string version, QemuKind kind, GuestKernel kernel, bool kvm) : MachineMonitor
{
    private const string DiskInside = "/dev/nvme0n1";

    public static IEnumerable<string> Names => Enum.GetValues<QemuKind>().Select(NameOf);

    public override string Name => NameOf(kind);

    public override string Version => version;

    public override string Acceleration => kvm ? "KVM" : "software emulation";

    public override IReadOnlyList<string> Files => [path, kernel.Path];

    public override string Kernel => kernel.Version;

    public override string Root => kind == QemuKind.Q35Disk ? "the image's tree on an ext4 disk (NVMe, no journal, its changes thrown away)" : base.Root;

    public override string RootOf(MachineImage image) => kind == QemuKind.Q35Disk ? image.Disk : base.RootOf(image);

    public static string NameOf(QemuKind kind) => kind switch
    {
        QemuKind.Micro => "qemu-microvm",
        QemuKind.Q35 => "qemu-q35",
        _ => "qemu-q35-ext4",
    };

    internal override TimedStart Command(MachineImage image, PlacedOrders orders, MachineRequest request)
    {
        // Without ACPI a microvm has its timers where a kernel without a hypervisor's help looks for them.
        string machine = kind == QemuKind.Micro ? "microvm,isa-serial=on,acpi=off" : "q35";
        bool hasDisk = kind == QemuKind.Q35Disk;
        IEnumerable<string> disk = hasDisk
            ? ["-drive", $"if=none,id=root,format=raw,snapshot=on,file={image.Disk.Replace(",", ",,", StringComparison.Ordinal)}", "-device", "nvme,drive=root,serial=root"]
            : [];
        return new TimedStart
        {
            Path = path,
            Arguments =
            [
                path, "-M", $"{machine},accel={(kvm ? "kvm" : "tcg")}", "-cpu", kvm ? "host" : "max",
                "-m", request.MemoryMiB.ToString(CultureInfo.InvariantCulture), "-smp", "1",
                "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio", .. disk,
                "-kernel", kernel.Path, "-initrd", hasDisk ? orders.ArchiveOfOrders() : orders.ArchiveWithOrders(),
                "-append", KernelWords("console=ttyS0 reboot=t", "reboot", orders, request, "rdinit", hasDisk ? DiskInside : null),
            ],
            Token = orders.Token,
            Limit = request.Limit,
        };
    }
}
