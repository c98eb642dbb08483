using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Observe;

/// <summary>A call that came back with an error, and the thread as it was then.</summary>
internal sealed record FailedCall(ProcessFacts Process, string Name, SystemCall Call, int Errno)
{
    public IReadOnlyList<PathUse> Paths { get; } = PathCalls.Of(Process.Id, Name, Call);
}

/// <summary>Names the layer that refused a call, from the state of the process at that moment.</summary>
/// <remarks>
/// In the kernel's order: the filter sees a call first, then come mounts and modes, then capabilities. It knows what
/// calls need, and no program and no path.
/// </remarks>
internal sealed partial class Judge(ContainerFacts container)
{
    /// <summary>Null: nothing refused, it failed as it would anywhere.</summary>
    public Verdict? Examine(FailedCall failed, ProcessWitness witness)
    {
        if (failed.Name == "ptrace" && failed.Errno == Errno.EPERM)
        {
            return new Verdict(Layer.Observer, "a process has one tracer, and here that is 'why' itself") { Evidence = ["this call cannot be judged while it is observed"] };
        }

        if (ByFilter(failed, witness) is { } byFilter)
        {
            return byFilter;
        }

        if (failed.Errno == Errno.ENOSYS)
        {
            return new Verdict(Layer.Kernel, "this kernel has no such call") { Evidence = ["no filter refuses it"] };
        }

        return ByKernel(failed, witness);
    }

    private Verdict? ByKernel(FailedCall failed, ProcessWitness witness)
    {
        Verdict? verdict = failed.Errno switch
        {
            Errno.EROFS => ByReadOnly(failed),
            Errno.EPERM or Errno.EACCES => ByRight(failed, witness),
            Errno.ENOENT or Errno.ENXIO or Errno.ENODEV or Errno.ENOTDIR => ByAbsence(failed),
            Errno.EINVAL or Errno.EOVERFLOW => ByIds(failed) ?? ByProcessors(failed),
            Errno.ENETUNREACH => ByNetwork(failed),
            _ => ByLimit(failed),
        };
        return verdict is not null && witness.LostGain is { } lost && verdict.Layer is Layer.Capability or Layer.FilePermission && failed.Process.EffectiveUid != 0
            ? Gainless(verdict, lost)
            : verdict;
    }

    /// <summary>The program's file would have made it more than it is.</summary>
    private Verdict Gainless(Verdict verdict, LostGain lost)
    {
        Verdict ungained = Ungained(lost);
        return ungained with
        {
            Evidence = [ungained.Evidence[0], .. verdict.Evidence],
            Behind = [$"{LayerNames.Of(verdict.Layer)}: {verdict.Detail}"],
            Allow = lost.ByMount is null ? ungained.Allow : [.. ungained.Allow, .. verdict.Allow],
        };
    }

    public Verdict Ungained(LostGain lost) => new(lost.ByMount is null ? Layer.NoNewPrivileges : Layer.MountOption, lost.ByMount ?? "no_new_privs is set")
    {
        Evidence =
        [
            $"{lost.File} {lost.Would}; at exec the kernel gave nothing of it, because {(lost.ByMount is null ? "no_new_privs is set" : $"the mount is {lost.ByMount}")}",
            "no call was refused that explains the end: the program may have looked for itself",
        ],
        Allow = lost.ByMount is not null ? ["a mount without nosuid"]
            : container.Spec.Process?.NoNewPrivileges == true ? ["leave out --security-opt no-new-privileges"]
            : ["the program set it itself: leave that out"],
    };

    private Verdict? ByFilter(FailedCall failed, ProcessWitness witness)
    {
        foreach (SocketFilter own in witness.OwnFilters)
        {
            if (own.Run(failed.Call).Errno == failed.Errno && container.Filter.Run(failed.Call).Lets)
            {
                return new Verdict(Layer.Program, "a seccomp filter that the program loaded itself") { Evidence = [$"its filter, run on this call, answers {Errno.Name(failed.Errno)}; the container's lets it pass"] };
            }
        }

        return container.Filter.IsEmpty || container.Filter.Run(failed.Call).Errno != failed.Errno
            ? null
            : Filtered(failed.Call, failed.Name, $"answers {Errno.Name(failed.Errno)}", Behind(failed), failed.Process);
    }

    /// <summary>The filter refused or ended; what would let it pass.</summary>
    /// <param name="behind">What would refuse next.</param>
    public Verdict Filtered(SystemCall call, string name, string answer, Verdict? behind = null, ProcessFacts? process = null)
    {
        Verdict verdict = new(Layer.Seccomp, $"the container's filter refuses {name}")
        {
            Evidence = [$"the container's own program, run on this very call, {answer}"],
            Behind = behind is null ? [] : [$"{LayerNames.Of(behind.Layer)}: {behind.Detail}"],
        };
        if (!CallNames.IsKnown(call))
        {
            return verdict with
            {
                Evidence = [.. verdict.Evidence, "the call is newer than crun-sharp, or there is none of this number: the kernel may not have it either"],
                Allow = ["--security-opt seccomp=unconfined"],
                Doubt = [Lift.Seccomp],
            };
        }

        // Without the filter the id map would refuse: no option of run helps, and what does is said there.
        return verdict with { Allow = behind?.Layer == Layer.IdMap ? behind.Allow : AllowFiltered(call, name, behind, process) };
    }

    private List<string> AllowFiltered(SystemCall call, string name, Verdict? behind, ProcessFacts? process)
    {
        List<string> allow = [];
        bool isNobody = process is not null && process.EffectiveUid != RootOf(process);
        string asRoot = behind is not null && isNobody ? " --user root" : "";
        if (container.FilterWith is { } with)
        {
            ulong held = HeldByContainer();
            IReadOnlyList<int> opening =
                [.. Enumerable.Range(0, Capability.Names.Count).Where(number => (held & (1UL << number)) == 0 && (container.Grantable & (1UL << number)) != 0 && with(held | (1UL << number)).Run(call).Lets)];
            allow.AddRange(Narrowest(opening).Select(number => $"--cap-add {Short(number)}{asRoot} (the default profile then lets it pass)"));
        }

        bool isByArgument = container.Filter.Run(call with { A = 0, B = 0, C = 0, D = 0, E = 0, F = 0 }).Lets;
        string next = behind?.Allow is [['-', '-', ..] first, ..] ? $"; and {first}" : "";
        allow.Add($"--security-opt seccomp=FILE, a copy of the profile with '{name}' allowed{(isByArgument ? " for these arguments" : "")}{next}");
        return allow;
    }

    // SYS_ADMIN opens most of the profile: where a smaller one does too, it is not named.
    private static IEnumerable<int> Narrowest(IReadOnlyList<int> opening) =>
        opening.Count > 1 ? opening.Where(static number => number != CAP_SYS_ADMIN) : opening;

    // What the kernel would have said is not known; what the call needs is.
    private Verdict? Behind(FailedCall failed) => CapabilityOf(failed with { Errno = Errno.EPERM });

    private ulong HeldByContainer()
    {
        ulong held = 0;
        foreach (string name in container.Spec.Process?.Capabilities?.Bounding ?? [])
        {
            held |= Capability.TryParse(name, out int number) ? 1UL << number : 0;
        }

        return held;
    }

    private static string Short(int capability) => Capability.Names[capability]["CAP_".Length..];
}

/// <summary>A program whose file promised rights that it did not get.</summary>
/// <param name="ByMount">The mount option that took them; null: no_new_privs did.</param>
/// <param name="IsOfUser">Whether it would have become another user, which few programs can do without.</param>
internal sealed record LostGain(string File, string Would, string? ByMount, bool IsOfUser);
