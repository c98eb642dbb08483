using System.Globalization;

namespace CrunSharp.Machines;

/// <summary>QEMU: the machine type microvm, or q35, a whole PC with firmware and PCI.</summary>
internal sealed class QemuMonitor(string path, string version, bool isMicro, GuestKernel kernel, bool kvm) : MachineMonitor
{
    public override string Name => isMicro ? "qemu-microvm" : "qemu-q35";

    public override string Version => version;

    public override string Acceleration => kvm ? "KVM" : "software emulation";

    public override IReadOnlyList<string> Files => [path, kernel.Path];

    public override string Kernel => kernel.Version;

    internal override TimedStart Command(MachineImage image, PlacedOrders orders, MachineRequest request)
    {
        // Without ACPI a microvm has its timers where a kernel without a hypervisor's help looks for them.
        string machine = isMicro ? "microvm,isa-serial=on,acpi=off" : "q35";
        return new TimedStart
        {
            Path = path,
            Arguments =
            [
                path, "-M", $"{machine},accel={(kvm ? "kvm" : "tcg")}", "-cpu", kvm ? "host" : "max",
                "-m", request.MemoryMiB.ToString(CultureInfo.InvariantCulture), "-smp", "1",
                "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
                "-kernel", kernel.Path, "-initrd", orders.ArchiveWithOrders(),
                "-append", KernelWords("console=ttyS0 reboot=t", "reboot", orders, request, "rdinit"),
            ],
            Token = orders.Token,
            Limit = request.Limit,
        };
    }
}
