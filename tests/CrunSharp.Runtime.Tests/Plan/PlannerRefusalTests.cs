using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class PlannerRefusalTests
{
    private static readonly ReadOnlyMemory<byte> s_something = Specs.Utf8("{}");

    [Fact]
    public void Field_ThatIsNotSupported_IsAnErrorAndNotForgotten()
    {
        Refused("'linux.intelRdt'", Specs.WithLinux(linux => linux with { IntelRdt = s_something }));
        Refused("'linux.netDevices'", Specs.WithLinux(linux => linux with { NetDevices = s_something }));
        Refused("'linux.personality.flags'", Specs.WithLinux(linux => linux with { Personality = new Personality("LINUX", ["SHORT_INODE"]) }));
    }

    [Fact]
    public void Namespaces_ThatContradictThemselves_AreRefused()
    {
        Refused("twice", Specs.WithLinux(linux => linux with { Namespaces = [new(NamespaceType.Mount), new(NamespaceType.Pid), new(NamespaceType.Pid)] }));
        Refused("mount namespace", Specs.Minimal.Without(NamespaceType.Mount));
        Refused("mount namespace", Specs.Minimal.With(NamespaceType.Mount, "/proc/1/ns/mnt"));
        Refused("no user namespace", Specs.WithLinux(linux => linux with { UidMappings = [new(0, 0, 1)] }));
        Refused("no uidMappings", Specs.Minimal.With(NamespaceType.User));
        Refused("private UTS", (Specs.Minimal with { Hostname = "x" }).Without(NamespaceType.Uts));
        Refused("timeOffsets", Specs.WithLinux(linux => linux with { TimeOffsets = new Dictionary<string, TimeOffset> { ["boottime"] = new(1, 0) } }));
    }

    [Fact]
    public void UserNamespace_WithoutRoot_IsRequired()
    {
        Refused("without root", Specs.Minimal, new HostFacts { Uid = 1000 });
        Assert.True(Specs.Minimal.WithUsers().Plan(facts: new HostFacts { Uid = 1000 }).New.HasFlag(Namespaces.User));
    }

    [Theory]
    [InlineData("kernel.core_pattern")]
    [InlineData("net/../kernel/core_pattern")]
    [InlineData("kernel.hostname")]
    public void Sysctl_OfTheHost_IsRefused(string name) =>
        Refused($"sysctl \"{name}\"", Specs.WithLinux(linux => linux with { Sysctl = new Dictionary<string, string> { [name] = "x" } }));

    [Fact]
    public void Sysctl_OfASharedNamespace_IsRefused() => Refused(
        "net.ipv4.ip_forward",
        Specs.WithLinux(linux => linux with { Sysctl = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = "1" } }).Without(NamespaceType.Network));

    [Fact]
    public void Process_ThatCannotBeStarted_IsRefused()
    {
        Refused("args must not be empty", Specs.WithProcess(process => process with { Args = [] }));
        Refused("Cwd must be an absolute path", Specs.WithProcess(process => process with { Cwd = "tmp" }));
        Refused("no resource limit", Specs.WithProcess(process => process with { Rlimits = [new("RLIMIT_MOON", 1, 1)] }));
        Refused("additionalGids", Specs.WithProcess(process => process with { User = new User { AdditionalGids = [5] } }), new HostFacts { CanSetGroups = false });
    }

    [Fact]
    public void Capability_ThatCannotBeGiven_IsLeftOutWithAWarning()
    {
        CapabilitySets sets = new() { Bounding = ["CAP_CHOWN", "CAP_FLY", "CAP_SYS_RESOURCE"], Permitted = ["CAP_CHOWN"] };
        LaunchPlan plan = Specs.WithProcess(process => process with { Capabilities = sets }).Plan(facts: new HostFacts { Bounding = ~(1ul << 24) });
        Assert.Equal(1ul, Assert.Single(plan.All<DropBounding>()).Keep);
        Assert.Equal(2, plan.Warnings.Count);
        Assert.Contains("'CAP_FLY'", plan.Warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public void IdMap_AcrossTwoExtentsOfTheParents_IsSplit()
    {
        IReadOnlyList<IdMapping> split = IdMaps.Split([new(0, 0, 65537)], [new(0, 1000, 1), new(1, 100000, 65536)], "linux.uidMappings");
        Assert.Equal([new IdMapping(0, 0, 1), new IdMapping(1, 1, 65536)], split);
    }

    [Theory]
    [InlineData(0u, 5u, 10u)]
    [InlineData(0u, 0u, 0u)]
    [InlineData(4294967290u, 0u, 7u)]
    public void IdMap_OfIdsThatAreNotThere_IsRefused(uint container, uint host, uint size) =>
        Assert.Throws<CrunException>(() => IdMaps.Split([new(container, host, size)], [new(0, 1000, 8)], "linux.uidMappings"));

    private static void Refused(string why, Spec spec, HostFacts? facts = null) =>
        Assert.Contains(why, Assert.Throws<CrunException>(() => spec.Plan(facts: facts)).Message, StringComparison.Ordinal);
}
