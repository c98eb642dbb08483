using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrunSharp.Machines;

/// <summary>Firecracker by a configuration file (docs/getting-started.md, rootfs-and-kernel-setup.md, initrd.md of it); it has no emulation of its own, so it is found only where KVM works.</summary>
internal sealed class FirecrackerMonitor(string path, string version, GuestKernel kernel) : MachineMonitor
{
    public override string Name => "firecracker";

    public override string Version => version;

    public override string Acceleration => "KVM";

    public override IReadOnlyList<string> Files => [path, kernel.Path];

    public override string Kernel => kernel.Version;

    internal override TimedStart Command(MachineImage image, PlacedOrders orders, MachineRequest request)
    {
        string file = orders.NewFile("json");
        using (FileStream output = File.Create(file))
        using (Utf8JsonWriter json = new(output))
        {
            new JsonObject
            {
                ["boot-source"] = new JsonObject
                {
                    ["kernel_image_path"] = image.ElfOf(kernel),
                    ["initrd_path"] = orders.ArchiveWithOrders(),
                    ["boot_args"] = KernelWords("console=ttyS0 reboot=k pci=off", "reboot", orders, request, "rdinit"),
                },
                ["drives"] = new JsonArray(),
                ["machine-config"] = new JsonObject { ["vcpu_count"] = 1, ["mem_size_mib"] = request.MemoryMiB },
            }.WriteTo(json);
        }

        return new TimedStart { Path = path, Arguments = [path, "--no-api", "--config-file", file], Token = orders.Token, Limit = request.Limit };
    }
}
