using System.Buffers.Binary;
using System.Globalization;
using CrunSharp.Linux;

namespace CrunSharp.Observe;

internal sealed partial class Judge
{
    private const ulong TicksPerSecond = 100;

    // For the limit the kernel counts whole ticks, and shows what was really used: on a busy machine far less.
    private const ulong LeastShown = 2;

    private static Verdict? ByLimit(FailedCall failed) => (failed.Name, failed.Errno) switch
    {
        ("inotify_init" or "inotify_init1", Errno.EMFILE) => Setting("fs.inotify.max_user_instances", "this user has as many inotify instances as it may"),
        (_, Errno.EMFILE) => Limit(failed, "nofile") is { } files ? OfLimit(files, $"the process has {OpenFiles(failed.Process.Id)} descriptors open") : null,
        (_, Errno.ENFILE) => Setting("fs.file-max", "the whole host has as many files open as it may"),
        ("fork" or "vfork" or "clone" or "clone3", Errno.EAGAIN) => ByProcesses(failed),
        ("execve" or "setuid" or "setresuid", Errno.EAGAIN) => ByProcessLimit(failed),
        (_, Errno.EFBIG) => Limit(failed, "fsize") is { Soft: < ulong.MaxValue } size ? OfLimit(size, "a file may not grow beyond it") : null,
        ("mlock" or "mlock2" or "mlockall" or "mmap", Errno.ENOMEM or Errno.EAGAIN) when failed.Name != "mmap" || ((int)failed.Call.D & 0x2000) != 0
            => Limit(failed, "memlock") is { Soft: < ulong.MaxValue } locked ? OfLimit(locked, "memory beyond it may not be locked") with { Behind = ["capability: CAP_IPC_LOCK lifts this limit"] } : null,
        ("mmap" or "mremap" or "mprotect" or "brk" or "clone" or "clone3" or "fork" or "execve", Errno.ENOMEM) => ByMemory(failed),
        ("unshare" or "clone" or "clone3" or "setns", Errno.ENOSPC) => Setting("user.max_user_namespaces and its like", "as many namespaces of this kind exist as this user may have"),
        ("inotify_add_watch", Errno.ENOSPC) => Setting("fs.inotify.max_user_watches", "this user has as many watches as it may"),
        (_, Errno.ENOSPC) => BySpace(failed),
        _ => null,
    };

    private static ProcessLimit? Limit(FailedCall failed, string name)
    {
        foreach (ProcessLimit limit in failed.Process.Limits)
        {
            if (limit.Name == name)
            {
                return limit;
            }
        }

        return null;
    }

    /// <summary>The limit that setrlimit or prlimit64 asks for, by docker's name, and how hard.</summary>
    private static (string Name, ulong Hard)? LimitAsked(FailedCall failed)
    {
        bool isNew = failed.Name == "prlimit64";
        Span<byte> asked = stackalloc byte[16];
        return ProcessLimit.NameOf((int)(isNew ? failed.Call.B : failed.Call.A)) is { } name
            && ProcessMemory.Read(failed.Process.Id, isNew ? failed.Call.C : failed.Call.B, asked) == 16
            ? (name, BinaryPrimitives.ReadUInt64LittleEndian(asked[8..]))
            : null;
    }

    private static Verdict OfLimit(ProcessLimit limit, string evidence) => new(Layer.ResourceLimit, $"RLIMIT_{limit.Name.ToUpperInvariant()}")
    {
        Evidence = [$"the limit '{limit.Name}' is {limit.Soft}: {evidence}"],
        Allow = [$"--ulimit {limit.Name}=MORE"],
    };

    private static Verdict Setting(string name, string evidence) => new(Layer.KernelSetting, name)
    {
        Evidence = [evidence],
        Allow = [$"sysctl -w {name}=MORE on the host"],
    };

    private static int OpenFiles(int id)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{id}/fd").Count();
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static Verdict? ByProcesses(FailedCall failed)
    {
        foreach (CgroupPlace place in CgroupPlace.Of(failed.Process.Id, "pids"))
        {
            if (place.Number("pids.max") is { } most && place.Number("pids.current") is { } now && now >= most)
            {
                return new Verdict(Layer.Cgroup, $"pids.max is {most}")
                {
                    Evidence = [$"the cgroup {place.Name} holds {now} processes and may hold {most}"],
                    Allow = [$"--pids-limit {2 * most}"],
                };
            }
        }

        return ByProcessLimit(failed);
    }

    private static Verdict? ByProcessLimit(FailedCall failed) =>
        Limit(failed, "nproc") is { Soft: < ulong.MaxValue } processes ? OfLimit(processes, "this user may have no more processes, in all containers and on the host together") : null;

    private static Verdict? ByMemory(FailedCall failed)
    {
        ulong asked = failed.Name is "mmap" or "mremap" ? (failed.Name == "mmap" ? failed.Call.B : failed.Call.C) : 0;
        if (Limit(failed, "as") is { Soft: < ulong.MaxValue } space && (failed.Process.AddressSpace << 10) + asked > space.Soft)
        {
            return OfLimit(space, $"{failed.Process.AddressSpace << 10} bytes of address space are in use, {asked} more were asked for");
        }

        return Limit(failed, "data") is { Soft: < ulong.MaxValue } data && (failed.Process.Data << 10) + asked > data.Soft
            ? OfLimit(data, $"{failed.Process.Data << 10} bytes of data are in use, {asked} more were asked for")
            : null;
    }

    private static Verdict? BySpace(FailedCall failed)
    {
        foreach (PathUse use in failed.Paths)
        {
            using PathWalk? walk = PathWalk.Try(failed.Process, use);
            // A device's 'no space' is its driver's answer, wherever its node lies.
            if ((walk?.Target ?? walk?.Parent) is { Status.Kind: FileKind.Regular or FileKind.Directory, Mount: { Type: "tmpfs" } mount })
            {
                string size = mount.SuperOptions.Split(',').FirstOrDefault(static option => option.StartsWith("size=", StringComparison.Ordinal) || option.StartsWith("nr_inodes=", StringComparison.Ordinal)) ?? "its size";
                return new Verdict(Layer.MountOption, $"the tmpfs at {mount.Point} is full ({size})")
                {
                    Evidence = [$"'{walk!.Path}' is on the tmpfs at '{mount.Point}', mounted with {size}"],
                    Allow = [mount.Point == "/dev/shm" ? "--shm-size MORE" : $"--tmpfs {mount.Point}:size=MORE"],
                };
            }
        }

        return null;
    }

    /// <summary>EINVAL of sched_setaffinity: none of the processors asked for is the container's.</summary>
    private Verdict? ByProcessors(FailedCall failed) => failed.Name == "sched_setaffinity" && container.Spec.Linux.Resources.Cpu?.Cpus is { } cpus
        ? new Verdict(Layer.Cgroup, $"the cpuset is {cpus}")
        {
            Evidence = [$"the container may run on the processors {cpus}; none that the call asks for is among them"],
            Allow = ["--cpuset-cpus with the processor in it"],
        }
        : null;

    // Real-time needs more than a capability where the cgroup has no time for it.
    private static Verdict? ByPriority(FailedCall failed)
    {
        if (failed.Name is not ("sched_setscheduler" or "sched_setattr" or "sched_setparam"))
        {
            return null;
        }

        CgroupPlace? place = CgroupPlace.Of(failed.Process.Id, "cpu").FirstOrDefault();
        return place?.Number("cpu.rt_runtime_us") == 0
            ? new Verdict(Layer.Cgroup, "cpu.rt_runtime_us is 0") { Evidence = [$"the cgroup {place.Name} has no real-time budget"], Allow = ["a real-time budget in the cgroup; run has no option for it"] }
            : null;
    }

    private Verdict? ByNetwork(FailedCall failed)
    {
        string interfaces = ProcessFacts.Text($"/proc/{failed.Process.Id}/net/dev");
        bool isAlone = !interfaces.Split('\n').Skip(2).Any(static line => line.Contains(':', StringComparison.Ordinal) && !line.TrimStart().StartsWith("lo:", StringComparison.Ordinal));
        return isAlone && container.Spec.Linux.Namespace(Oci.NamespaceType.Network) is not null
            ? new Verdict(Layer.Network, "the container's network has the loopback interface only")
            {
                Evidence = ["/proc/net/dev of the process lists nothing but lo"],
                Allow = ["--network private", "--network host"],
            }
            : null;
    }

    /// <summary>A process was killed: by the memory cgroup, a limit or the filter?</summary>
    public static Verdict? Killed(int signal, ProcessFacts? process, CgroupBaseline baseline) => signal switch
    {
        9 when baseline.NewKills() is { } kills => new Verdict(Layer.Cgroup, $"memory.max is {kills.Limit}")
        {
            Evidence = [$"the cgroup {kills.Name} counts {kills.Count.ToString(CultureInfo.InvariantCulture)} more oom_kill than before"],
            Allow = ["--memory MORE"],
        },
        9 when process?.Limits.FirstOrDefault(static limit => limit.Name == "cpu") is { Hard: < ulong.MaxValue } cpu && process.CpuTicks >= TicksPerSecond * cpu.Hard / LeastShown
            => OfLimit(cpu, "seconds of processor time; at the hard limit the process is killed"),
        24 => process?.Limits.FirstOrDefault(static limit => limit.Name == "cpu") is { Soft: < ulong.MaxValue } cpu ? OfLimit(cpu, "the process has used that many seconds (SIGXCPU)") : null,
        25 => process?.Limits.FirstOrDefault(static limit => limit.Name == "fsize") is { Soft: < ulong.MaxValue } size ? OfLimit(size, "a file may not grow beyond it (SIGXFSZ)") : null,
        _ => null,
    };
}
