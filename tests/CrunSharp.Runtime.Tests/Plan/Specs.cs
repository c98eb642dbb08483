using System.Text;
using CrunSharp.Oci;

namespace CrunSharp.Runtime.Tests;

/// <summary>Small configurations that tests change one thing of.</summary>
internal static class Specs
{
    public static Spec Minimal { get; } = new()
    {
        Process = new Process { Args = ["/bin/true"], Env = ["PATH=/bin"] },
        Root = new Root { Path = "rootfs" },
        Linux = new LinuxSpec
        {
            Namespaces = [new(NamespaceType.Mount), new(NamespaceType.Pid), new(NamespaceType.Ipc), new(NamespaceType.Uts), new(NamespaceType.Network)],
        },
    };

    public static RootSource Rootfs { get; } = new RootSource.Directory("/bundle/rootfs");

    public static Spec WithMounts(params Mount[] mounts) => Minimal with { Mounts = mounts };

    public static Spec WithLinux(Func<LinuxSpec, LinuxSpec> change) => Minimal with { Linux = change(Minimal.Linux) };

    public static Spec WithProcess(Func<Process, Process> change) => Minimal with { Process = change(Minimal.Process!) };

    public static Spec With(this Spec spec, NamespaceType type, string? path = null) => spec with
    {
        Linux = spec.Linux with
        {
            Namespaces = [.. spec.Linux.Namespaces.Where(item => item.Type != type), new LinuxNamespace(type, path)],
        },
    };

    public static Spec Without(this Spec spec, NamespaceType type) => spec with
    {
        Linux = spec.Linux with { Namespaces = [.. spec.Linux.Namespaces.Where(item => item.Type != type)] },
    };

    public static Spec WithUsers(this Spec spec) => spec.With(NamespaceType.User) is { } with
        ? with with { Linux = with.Linux with { UidMappings = [new(0, 100000, 65536)], GidMappings = [new(0, 100000, 65536)] } }
        : spec;

    public static LaunchPlan Plan(this Spec spec, PlanOptions? options = null, HostFacts? facts = null) =>
        Planner.Plan(spec, Rootfs, facts ?? HostFacts.Root, options ?? PlanOptions.Default);

    public static int IndexOf<T>(this LaunchPlan plan)
        where T : Step
    {
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            if (plan.Steps[i] is T)
            {
                return i;
            }
        }

        throw new InvalidOperationException($"the plan has no {typeof(T).Name}");
    }

    public static IReadOnlyList<T> All<T>(this LaunchPlan plan)
        where T : Step => [.. plan.Steps.OfType<T>()];

    public static Mount Mount(string type, string destination, params string[] options) =>
        new() { Type = type, Source = type, Destination = destination, Options = options };

    public static Mount Bind(string source, string destination, params string[] options) =>
        new() { Type = "bind", Source = source, Destination = destination, Options = options };

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
