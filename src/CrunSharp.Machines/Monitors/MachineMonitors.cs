using CrunSharp.Oci;

namespace CrunSharp.Machines;

/// <summary>A monitor that is not here, or cannot work here, and why.</summary>
public sealed record MissingMonitor(string Name, string Why);

/// <summary>The monitors of this host.</summary>
public sealed record MachineMonitors(IReadOnlyList<MachineMonitor> Found, IReadOnlyList<MissingMonitor> Missing, string Kvm)
{
    private const string QemuPackage = "not installed (Debian: qemu-system-x86)";
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(20);

    /// <summary>Looks for every monitor that is known; tries KVM by booting a kernel with it.</summary>
    /// <param name="kernel">Null: only user-mode-linux, which is its own kernel, can be found.</param>
    /// <param name="work">An existing directory for the trial's files.</param>
    public static MachineMonitors Find(GuestKernel? kernel, string work)
    {
        List<MachineMonitor> found = [];
        List<MissingMonitor> missing = [];
        string? qemu = HostTool.Find(Platform.Host.Architecture == "arm64" ? "qemu-system-aarch64" : "qemu-system-x86_64");
        string kvm = TryKvm(qemu, kernel, work, out bool works);
        if (qemu is null || Platform.Host.Architecture != "amd64")
        {
            string why = qemu is null ? QemuPackage : "its two machine types are known here for amd64 only";
            missing.AddRange(QemuMonitor.Names.Select(name => new MissingMonitor(name, why)));
        }
        else if (kernel is null)
        {
            missing.AddRange(QemuMonitor.Names.Select(static name => new MissingMonitor(name, "no kernel to boot")));
        }
        else
        {
            string version = FirstLine(qemu, "--version");
            found.AddRange([new QemuMonitor(qemu, version, QemuKind.Micro, kernel, works), new QemuMonitor(qemu, version, QemuKind.Q35, kernel, works)]);
            if (HostTool.Find(DiskImage.Maker) is null)
            {
                missing.Add(new(QemuMonitor.NameOf(QemuKind.Q35Disk), $"{DiskImage.Maker} is not installed (Debian: e2fsprogs)"));
            }
            else
            {
                found.Add(new QemuMonitor(qemu, version, QemuKind.Q35Disk, kernel, works));
            }
        }

        AddNeedingKvm("firecracker", static (path, version, kernel) => new FirecrackerMonitor(path, version, kernel));
        AddNeedingKvm("cloud-hypervisor", static (path, version, kernel) => new CloudHypervisorMonitor(path, version, kernel));
        if ((HostTool.Find("linux.uml") ?? HostTool.Find("linux")) is { } uml)
        {
            found.Add(new UserModeLinux(uml, $"Linux {FirstLine(uml, "--version")}"));
        }
        else
        {
            missing.Add(new("user-mode-linux", "not installed (Debian: user-mode-linux)"));
        }

        return new MachineMonitors(found, missing, kvm);

        void AddNeedingKvm(string name, Func<string, string, GuestKernel, MachineMonitor> make)
        {
            if (HostTool.Find(name) is not { } path)
            {
                missing.Add(new(name, "not installed"));
            }
            else if (kernel is null || !works)
            {
                missing.Add(new(name, kernel is null ? "no kernel to boot" : kvm));
            }
            else
            {
                found.Add(make(path, FirstLine(path, "--version"), kernel));
            }
        }
    }

    // A /dev/kvm that opens proves nothing: some clouds have one that starts no ordinary kernel.
    private static string TryKvm(string? qemu, GuestKernel? kernel, string work, out bool works)
    {
        works = false;
        if (!File.Exists("/dev/kvm"))
        {
            return "KVM: /dev/kvm is not here";
        }

        if (qemu is null || kernel is null)
        {
            return "KVM: not tried, without QEMU or without a kernel";
        }

        string scratch = $"{work}/kvm-trial";
        string tree = $"{scratch}/tree";
        Directory.CreateDirectory(tree);
        try
        {
            QemuMonitor trial = new(qemu, "", QemuKind.Micro, kernel, kvm: true);
            MachineImage image = MachineImage.Prepare(tree, scratch);
            MachineOutcome outcome = trial.Run(image, new MachineRequest { Command = [GuestProgram.PathInside, "probe", "hello"], MemoryMiB = 256, Limit = s_answer });
            works = outcome.Text.StartsWith("hello", StringComparison.Ordinal);
            return works ? "KVM works: tried with a guest" : "KVM: its guest did not answer as expected";
        }
        catch (CrunException failure)
        {
            return $"KVM does not start an ordinary guest here ({failure.Why.Split('\n')[0]})";
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static string FirstLine(string path, params string[] arguments) =>
        (HostTool.TryAsk(path, s_answer, arguments) ?? "").Trim().Split('\n')[0].Replace("QEMU emulator version ", "QEMU ", StringComparison.Ordinal);
}
