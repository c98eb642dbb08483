using CrunSharp.Oci;

namespace CrunSharp.Runtime;

public sealed partial class ContainerRuntime
{
    /// <summary>The plan that <see cref="Run"/> would carry out on this host; nothing is made.</summary>
    /// <exception cref="CrunException">Something asked for cannot be had.</exception>
    public LaunchPlan Explain(LaunchRequest request)
    {
        HostFacts facts = HostFactsReader.Read(CgroupHost.Read());
        RootSource root = request.Root ?? new RootSource.Directory(Path.GetFullPath(request.Spec.Root?.Path ?? "", request.Bundle));
        return Planner.Plan(request.Spec, root, facts, new PlanOptions
        {
            Bundle = request.Bundle,
            Id = request.Id.Value,
            RedirectStdio = request.Stdio is not null,
            AwaitNetwork = request.Wire is not null,
            Init = request.Init,
            PreservedDescriptors = request.PreservedDescriptors,
            NewKeyring = !request.NoNewKeyring,
            NoPivot = request.NoPivot,
            Seccomp = request.Spec.Linux.Seccomp.IsEmpty ? null : Seccomp.Get(request.Spec.Linux.Seccomp.Span),
        });
    }
}
