using System.Globalization;
using CrunSharp.Machines;
using CrunSharp.Oci;

namespace CrunSharp.Bench;

/// <summary>Somebody who is not measured, and why.</summary>
public sealed record LeftOut(string Name, string Why);

/// <summary>Everything on this host that can start the image's program.</summary>
public sealed record ContestantFinder(IReadOnlyList<Contestant> Found, IReadOnlyList<LeftOut> LeftOut, string Kvm) : IDisposable
{
    private PrivateContainerd? _daemon;

    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(20);

    /// <param name="wanted">Names, or groups by their word; empty: all.</param>
    public static ContestantFinder Find(Workshop workshop, BenchVersion version, GuestKernel? kernel, IReadOnlyList<string> wanted, CancellationToken cancellationToken)
    {
        List<Contestant> found = [.. LadderContestant.All(workshop).Where(contestant => IsWanted(contestant.Name, contestant.Group))];
        List<LeftOut> leftOut = [];
        PrivateContainerd? daemon = null;
        try
        {
            string kvm = FindAll();
            return new ContestantFinder(found, [.. leftOut.Where(left => wanted.Count == 0 || wanted.Contains(left.Name))], kvm) { _daemon = daemon };
        }
        catch
        {
            new ContestantFinder(found, [], "") { _daemon = daemon }.Dispose();
            throw;
        }

        string FindAll()
        {
            Add("crun-sharp", ContestantGroup.Engine, _ => new SharpContestant(workshop, version.Engine), always: true);
            AddRuntimes();
            Add("bubblewrap", ContestantGroup.Runtime, path => new BubblewrapContestant(workshop, path, FirstLine(path, "--version")), "bwrap");
            Add("systemd-nspawn", ContestantGroup.Runtime, path => new NspawnContestant(workshop, path, FirstLine(path, "--version")));
            Add("podman", ContestantGroup.Engine, path => DockerContestant.Open(workshop, "podman", path));
            Add("docker", ContestantGroup.Engine, path => DockerContestant.Open(workshop, "docker", path));
            Add("containerd", ContestantGroup.Engine, path => Containerd("containerd", path, "io.containerd.runc.v2"), "ctr");
            if (HostTool.Find("containerd-shim-kata-v2") is not null)
            {
                Add("kata", ContestantGroup.Machine, path => Containerd("kata", path, "io.containerd.kata.v2"), "ctr");
            }
            else
            {
                leftOut.Add(new("kata", "not installed"));
            }

            return AddMachines();
        }

        bool IsWanted(string name, ContestantGroup group) =>
            wanted.Count == 0 || wanted.Contains(name) || wanted.Contains(group.ToString().ToLowerInvariant());

        void Add(string name, ContestantGroup group, Func<string, Contestant> make, string? program = null, bool always = false)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!IsWanted(name, group))
            {
                return;
            }

            string? path = always ? "" : HostTool.Find(program ?? name);
            if (path is null)
            {
                leftOut.Add(new(name, "not installed"));
                return;
            }

            try
            {
                found.Add(make(path));
            }
            catch (CrunException failure)
            {
                leftOut.Add(new(name, failure.Why));
            }
        }

        void AddRuntimes()
        {
            string own = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: true)!.FullName;
            string beside = Path.Join(Path.GetDirectoryName(own), "crun-sharp-oci");
            string? oci = File.Exists(beside) ? beside : HostTool.Find("crun-sharp-oci");
            Add("crun-sharp-oci", ContestantGroup.Runtime, _ => oci is null
                ? new BundleContestant(workshop, "crun-sharp-oci", own, version.Engine, ["oci"])
                : new BundleContestant(workshop, "crun-sharp-oci", oci, version.Engine, []), always: true);
            foreach (string name in (ReadOnlySpan<string>)["crun", "runc", "youki", "runsc"])
            {
                Add(name, ContestantGroup.Runtime, path => new BundleContestant(workshop, name, path, FirstLine(path, "--version"), []));
            }
        }

        Contestant Containerd(string name, string path, string runtime)
        {
            daemon ??= PrivateContainerd.Start(workshop, path);
            string answer = HostTool.Run(path, s_answer, "--address", daemon.Address, "version");
            string server = answer.Split("Server:")[^1].Split('\n').FirstOrDefault(static line => line.Contains("Version:", StringComparison.Ordinal)) ?? "";
            return new ContainerdContestant(workshop, daemon, name, path, server.Split(':')[^1].Trim(), runtime);
        }

        string AddMachines()
        {
            if (wanted.Count > 0 && !IsWanted("machine", ContestantGroup.Machine) && !wanted.Any(static name => s_monitors.Contains(name)))
            {
                return "KVM: not tried";
            }

            MachineMonitors monitors = MachineMonitors.Find(kernel, $"{workshop.Directory}/machines");
            found.AddRange(monitors.Found.Where(monitor => IsWanted(monitor.Name, ContestantGroup.Machine)).Select(monitor => new MachineContestant(workshop, monitor)));
            leftOut.AddRange(monitors.Missing.Select(static missing => new LeftOut(missing.Name, missing.Why)));
            return monitors.Kvm;
        }
    }

    public void Dispose()
    {
        foreach (Contestant contestant in Found)
        {
            contestant.CleanUp();
        }

        _daemon?.Dispose();
    }

    private static readonly string[] s_monitors = ["qemu-microvm", "qemu-q35", "qemu-q35-ext4", "firecracker", "cloud-hypervisor", "user-mode-linux"];

    private static string FirstLine(string path, params string[] arguments) =>
        (HostTool.TryAsk(path, s_answer, arguments) ?? "").Trim().Split('\n')[0].Trim().ToString(CultureInfo.InvariantCulture);
}

/// <summary>What this build calls itself.</summary>
public sealed record BenchVersion(string Engine);
