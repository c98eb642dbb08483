using System.Collections;
using System.Text;
using CrunSharp.Bundles;
using CrunSharp.Linux;
using CrunSharp.Observe;
using CrunSharp.Oci;
using CrunSharp.Runtime;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>A run that is to be observed.</summary>
/// <param name="Before">What stands before the verb: this engine's directories.</param>
/// <param name="Arguments">Of <c>run</c>: its options, the image, the command.</param>
/// <param name="Lift">A layer to leave out.</param>
/// <param name="OutputAside">Whether the program's output goes to standard error.</param>
public sealed record WhyRequest(IReadOnlyList<string> Before, IReadOnlyList<string> Arguments, Lift? Lift, bool OutputAside)
{
    /// <summary>The capabilities that are added where their limit is lifted.</summary>
    public ulong Capabilities { get; init; } = ulong.MaxValue;

    /// <summary>Names of calls whose outcome is asked for.</summary>
    public IReadOnlySet<string> Watched { get; init; } = new HashSet<string>();
}

/// <summary>How an observed run ended, and what was seen; null where the container was never made.</summary>
public sealed record WhyResult(int ExitCode, Observation? Seen);

public sealed partial class ContainerEngine
{
    private const int LongestAnnouncement = 4096;

    /// <summary>Capabilities that a container could be given at all.</summary>
    public static ulong GrantableCapabilities => Processes.BoundingCapabilities(out _);

    /// <summary>Runs a container, follows every call of its processes, and has each refused one judged.</summary>
    /// <remarks>The run is a process of its own, this program's; from this one the container is only followed.</remarks>
    /// <exception cref="CrunException">The kernel lets this process follow no other.</exception>
    public WhyResult Why(WhyRequest request)
    {
        Processes.IgnoreTerminalSignals();
        (SafeFileHandle ours, SafeFileHandle theirs) = UnixSocket.Pair();
        using SafeFileHandle socket = ours;
        int run;
        using (theirs)
        using (SafeFileHandle inherited = Descriptors.CopyToInherit(theirs))
        {
            string observer = $"{inherited.DangerousGetHandle()}{(request.Lift is { } lift ? $",{lift},{request.Capabilities:x}" : "")}";
            run = Processes.Spawn(
                "/proc/self/exe", ["crun-sharp", .. request.Before, "run", "--observed", observer, .. request.Arguments], OwnEnvironment(), output: request.OutputAside ? 2 : -1);
        }

        Observation? seen = null;
        Exception? failure = null;
        Thread follower = new(() =>
        {
            try
            {
                seen = Follow(socket, request.Watched);
            }
            catch (Exception caught) when (caught is CrunException or LinuxException or IOException)
            {
                failure = caught;
            }

            // Whoever still waits for the word to go on sees that it will not come.
            socket.Dispose();
        });
        follower.Start();
        ProcessEnd end = Processes.Wait(run);
        follower.Join();
        return failure is null
            ? new WhyResult(end.Status, seen)
            : throw new CrunException("cannot observe the container", failure.Message, failure)
            {
                Hints = ["following a process must be allowed: kernel.yama.ptrace_scope below 3, and no debugger at this program"],
            };
    }

    private Observation? Follow(SafeFileHandle socket, IReadOnlySet<string> watched)
    {
        byte[] message = new byte[LongestAnnouncement];
        int length = Descriptors.Read(socket, message);
        if (length == 0)
        {
            return null;
        }

        string[] words = Encoding.UTF8.GetString(message, 0, length).Split(' ', 2);
        Witness witness = new(FactsOf(SpecReader.Read(File.ReadAllBytes(new ContainerDirectory(words[1]).Config))), watched);
        ProcessTracer tracer = new();
        tracer.Seize(int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture));
        Descriptors.Write(socket, "1"u8);
        tracer.Run(witness);
        return witness.Observation();
    }

    private ContainerFacts FactsOf(Spec spec) => new()
    {
        Spec = spec,
        Filter = FilterOf(spec.Linux.Seccomp),
        FilterWith = UsesDefaultProfile(spec) ? capabilities => FilterOf(DefaultFilter(capabilities)) : null,
        AllowsDevice = spec.Linux.CgroupsPath is null || UserNamespace.IsRootless
            ? null
            : (type, major, minor, access) => ContainerRuntime.AllowsDevice(spec.Linux.Resources, type, major, minor, access),
        IsRootless = UserNamespace.IsRootless,
        Grantable = GrantableCapabilities,
    };

    private SocketFilter FilterOf(ReadOnlyMemory<byte> section) => new(section.IsEmpty ? default : Runtime.CompileSeccomp(section));

    // A profile of the user's may look at capabilities as well, but only the default one is known here with its conditions.
    private static bool UsesDefaultProfile(Spec spec)
    {
        ulong held = 0;
        foreach (string name in spec.Process?.Capabilities?.Bounding ?? [])
        {
            held |= Capability.TryParse(name, out int number) ? 1UL << number : 0;
        }

        return !spec.Linux.Seccomp.IsEmpty && spec.Linux.Seccomp.Span.SequenceEqual(DefaultFilter(held).Span);
    }

    private static ReadOnlyMemory<byte> DefaultFilter(ulong capabilities) =>
        SeccompProfile.Default.Render(capabilities, Platform.Host.Architecture, Environment.OSVersion.Version);

    private static List<string> OwnEnvironment()
    {
        List<string> variables = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables.Add($"{variable.Key}={variable.Value}");
        }

        return variables;
    }
}
