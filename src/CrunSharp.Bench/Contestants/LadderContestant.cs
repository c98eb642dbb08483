using System.Globalization;
using CrunSharp.Linux;
using CrunSharp.Machines;

namespace CrunSharp.Bench;

/// <summary>The program behind the kernel's features up to one of them, by our small C program and no runtime.</summary>
internal sealed class LadderContestant : Contestant
{
    private readonly Workshop _workshop;
    private readonly Rung _rung;

    private LadderContestant(Workshop workshop, Rung rung) => (_workshop, _rung) = (workshop, rung);

    public override string Name => _rung == Rung.Process ? "host process" : $"+ {Word(_rung)}";

    public override ContestantGroup Group => _rung == Rung.Process ? ContestantGroup.Host : ContestantGroup.Ladder;

    public override string What => _rung switch
    {
        Rung.Process => "a small C program forks, changes the root to the image's tree (chroot), executes",
        Rung.Mount => "mount namespace of its own; the tree bound and entered by pivot_root",
        Rung.Overlay => "as before, the root an overlay on the tree, /proc mounted",
        Rung.Limits => "as before, in cgroups of its own with a limit of memory and of processes",
        Rung.Capabilities => "as before, with docker's fourteen capabilities only",
        Rung.Seccomp => "as before, with docker's default filter: what a container is, without a runtime",
        _ => $"as before, and a {Word(_rung)} namespace of its own",
    };

    public override IReadOnlyList<string> Files => [_workshop.Guest];

    public override IReadOnlyList<string> StateDirectories => [$"{_workshop.Directory}/scratch"];

    public override long ImageBytes() => DiskUse.Of([_workshop.Tree]);

    /// <summary>All rungs that this host and user can climb; the others with the reason.</summary>
    public static IEnumerable<Contestant> All(Workshop workshop)
    {
        foreach (Rung rung in Enum.GetValues<Rung>())
        {
            if (rung != Rung.Seccomp || File.Exists(workshop.Filter))
            {
                yield return new LadderContestant(workshop, rung);
            }
        }
    }

    public override PreparedStart Prepare(BenchProgram program, string instance)
    {
        List<string> arguments = [_workshop.Guest, "ladder", "--root", _workshop.Tree];
        if (Namespaces() is var mask && mask != 0)
        {
            arguments.AddRange(["--namespaces", mask.ToString(CultureInfo.InvariantCulture)]);
        }

        string scratch = $"{_workshop.Directory}/scratch/{instance}";
        if (_rung >= Rung.Overlay)
        {
            Directory.CreateDirectory($"{scratch}/upper");
            Directory.CreateDirectory($"{scratch}/work");
            arguments.AddRange(["--overlay", $"lowerdir={_workshop.Tree},upperdir={scratch}/upper,workdir={scratch}/work"]);
        }

        if (_rung >= Rung.Limits)
        {
            AddLimits(arguments, instance);
        }

        if (_rung >= Rung.Capabilities)
        {
            arguments.AddRange(["--capabilities", $"0x{Capabilities():x}"]);
        }

        if (_rung >= Rung.Seccomp)
        {
            arguments.AddRange(["--seccomp", _workshop.Filter]);
        }

        return new PreparedStart(
            new TimedStart { Path = _workshop.Guest, Arguments = [.. arguments, "--", .. program.Arguments], Environment = _workshop.Spec.Process!.Env },
            () =>
            {
                RemoveScratch(scratch);
                Cgroups(instance).ForEach(static cgroup => HostPaths.RemoveDirectory(cgroup));
            });
    }

    private static string Word(Rung rung) => rung switch
    {
        Rung.Overlay => "overlay root",
        Rung.Limits => "cgroup limits",
        Rung.Capabilities => "capabilities",
        Rung.Seccomp => "seccomp",
        _ => rung.ToString().ToLowerInvariant(),
    };

    private static void RemoveScratch(string scratch)
    {
        if (Directory.Exists(scratch))
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private void AddLimits(List<string> arguments, string instance)
    {
        string memory = ((long)_workshop.MemoryMiB << 20).ToString(CultureInfo.InvariantCulture);
        List<string> cgroups = Cgroups(instance);
        arguments.AddRange(cgroups.SelectMany(static cgroup => (IEnumerable<string>)["--cgroup", cgroup]));
        IEnumerable<string> limits = IsUnified
            ? [$"{cgroups[0]}/memory.max={memory}", $"{cgroups[0]}/pids.max=2048"]
            : cgroups.Select(cgroup => cgroup.Contains("/memory/", StringComparison.Ordinal) ? $"{cgroup}/memory.limit_in_bytes={memory}" : $"{cgroup}/pids.max=2048");
        arguments.AddRange(limits.SelectMany(static limit => (IEnumerable<string>)["--limit", limit]));
    }

    private static bool IsUnified => File.Exists("/sys/fs/cgroup/cgroup.controllers");

    private static List<string> Cgroups(string instance) => IsUnified
        ? [$"/sys/fs/cgroup/{Workshop.CgroupName}-{instance}"]
        : [.. ((IEnumerable<string>)["memory", "pids"]).Select(static controller => $"/sys/fs/cgroup/{controller}").Where(Directory.Exists)
            .Select(hierarchy => $"{hierarchy}/{Workshop.CgroupName}-{instance}")];

    private ulong Capabilities()
    {
        ulong mask = 0;
        foreach (string name in _workshop.Spec.Process!.Capabilities!.Bounding)
        {
            mask |= Oci.Capability.TryParse(name, out int number) ? 1UL << number : 0;
        }

        return mask;
    }

    // clone(2).
    private ulong Namespaces()
    {
        ulong mask = 0;
        foreach ((Rung rung, ulong flag) in (ReadOnlySpan<(Rung, ulong)>)
            [(Rung.Mount, 0x20000), (Rung.Uts, 0x4000000), (Rung.Ipc, 0x8000000), (Rung.Pid, 0x20000000),
             (Rung.User, 0x10000000), (Rung.Net, 0x40000000), (Rung.Cgroup, 0x2000000)])
        {
            mask |= _rung >= rung ? flag : 0;
        }

        return mask;
    }

    private enum Rung
    {
        Process,
        Mount,
        Uts,
        Ipc,
        Pid,
        User,
        Net,
        Cgroup,
        Overlay,
        Limits,
        Capabilities,
        Seccomp,
    }
}
