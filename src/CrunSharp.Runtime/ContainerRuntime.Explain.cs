using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>What a launch would do.</summary>
public sealed record LaunchOutline(LaunchPlan Plan, CgroupOutline Cgroup);

public sealed partial class ContainerRuntime
{
    /// <summary>The plan that <see cref="Run"/> would carry out on this host; nothing is made.</summary>
    /// <exception cref="CrunException">Something asked for cannot be had.</exception>
    public LaunchPlan Explain(LaunchRequest request) => Outline(request).Plan;

    /// <summary>The plan with the cgroups that it joins; nothing is made.</summary>
    /// <exception cref="CrunException">Something asked for cannot be had.</exception>
    public LaunchOutline Outline(LaunchRequest request)
    {
        CgroupHost host = CgroupHost.Read();
        HostFacts facts = HostFactsReader.Read(host);
        RootSource root = request.Root ?? new RootSource.Directory(Path.GetFullPath(request.Spec.Root?.Path ?? "", request.Bundle));
        CgroupOutline cgroup = CgroupOutlines.Of(
            host, ManagerFor(request), rootless: facts.Uid != 0 || !facts.InitialUserNamespace,
            CgroupDriver.CheckedPath(request.Spec.Linux.CgroupsPath, request.Id), request.Spec.Linux.Resources);
        LaunchPlan plan = Planner.Plan(request.Spec, root, facts, new PlanOptions
        {
            Bundle = request.Bundle,
            Id = request.Id.Value,
            CgroupJoins = cgroup.Joins.Count,
            CgroupDirectories = cgroup.Directories,
            RedirectStdio = request.Stdio is not null,
            AwaitNetwork = request.Wire is not null,
            Init = request.Init,
            PreservedDescriptors = request.PreservedDescriptors,
            Home = HomeReader.Read(request.Spec.Process!, (root as RootSource.Directory)?.Path),
            NewKeyring = !request.NoNewKeyring,
            NoPivot = request.NoPivot,

            // Compiled anew: the cache would be something made.
            Seccomp = request.Spec.Linux.Seccomp.IsEmpty ? null : SeccompFilter.Compile(SeccompProfile.Parse(request.Spec.Linux.Seccomp.Span)),
        });
        return new LaunchOutline(plan, cgroup);
    }

    internal CgroupManager ManagerFor(LaunchRequest request) => request.NoCgroup ? CgroupManager.Disabled : Options.CgroupManager;
}
