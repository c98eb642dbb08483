namespace CrunSharp.Machines;

/// <summary>Cloud Hypervisor, booting the kernel directly (PVH); found only where KVM works.</summary>
internal sealed class CloudHypervisorMonitor(string path, string version, GuestKernel kernel) : MachineMonitor
{
    public override string Name => "cloud-hypervisor";

    public override string Version => version;

    public override string Acceleration => "KVM";

    public override IReadOnlyList<string> Files => [path, kernel.Path];

    public override string Kernel => kernel.Version;

    internal override TimedStart Command(MachineImage image, PlacedOrders orders, MachineRequest request) => new()
    {
        Path = path,
        Arguments =
        [
            path, "--kernel", image.ElfOf(kernel), "--initramfs", orders.ArchiveWithOrders(), "--cpus", "boot=1", "--memory", $"size={request.MemoryMiB}M",
            "--serial", "tty", "--console", "off", "--cmdline", KernelWords("console=ttyS0", "off", orders, request, "rdinit"),
        ],
        Token = orders.Token,
        Limit = request.Limit,
    };
}
