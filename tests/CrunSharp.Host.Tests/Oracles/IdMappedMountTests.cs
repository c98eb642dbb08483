using CrunSharp.HostTests.Escapes;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.HostTests.Oracles;

/// <summary>Mounts whose ids are mapped, by the stage and, for a user namespace, by the launcher.</summary>
[Collection(nameof(Alone))]
public sealed class IdMappedMountTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void IdMappedMount_FileOfTheHost_BelongsToTheMappedUser(bool withUsers)
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        Directory.CreateDirectory(bundle.InRoot("/data"));
        Directory.CreateDirectory(bundle.InRoot("/dev"));
        Command.Run("chown", "5:6", bundle.Victim).Succeeded();

        // Without a user namespace id 5 of the disk is shown as 1005; with one, the disk's ids are the container's own.
        IdMapping[] map = withUsers ? [new(0, 100000, 65536)] : [new(0, 1000, 100)];
        Mount mount = new() { Destination = "/data", Type = "bind", Source = bundle.Outside, Options = ["bind", "ro"], UidMappings = map, GidMappings = map };
        Outcome outcome = bundle.Run("stat -c %u:%g /data/victim", spec => spec with
        {
            Mounts = [.. spec.Mounts, mount],
            Linux = !withUsers ? spec.Linux : spec.Linux with
            {
                Namespaces = [.. spec.Linux.Namespaces, new LinuxNamespace(NamespaceType.User)],
                UidMappings = map,
                GidMappings = map,
            },
        });
        Assert.SkipWhen(outcome.Refusal?.Contains("nvalid", StringComparison.Ordinal) ?? false, $"this filesystem maps no ids: {outcome.Refusal}");
        Assert.Null(outcome.Refusal);
        Assert.Equal(withUsers ? "5:6\n" : "1005:1006\n", outcome.Output);
        Command.Run("chown", "0:0", bundle.Victim).Succeeded();
        bundle.AssertOutsideIsUntouched();
    }
}
