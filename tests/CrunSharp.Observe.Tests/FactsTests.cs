using CrunSharp.Observe;
using Xunit;

namespace CrunSharp.ObserveTests;

public sealed class FactsTests
{
    [Fact]
    public void MountTable_OfALineWithBlanksInItsPath_ReadsThem()
    {
        MountEntry entry = MountTable.Parse("36 35 98:0 /a\\040b /mnt\\011x rw,nodev master:1 - tmpfs none ro,size=4k").Entries.Single();
        Assert.Equal(("/a b", "/mnt\tx", "tmpfs"), (entry.Root, entry.Point, entry.Type));
        Assert.True(entry.Has("nodev"));
        Assert.True(entry.IsReadOnly);
    }

    [Fact]
    public void ProcessLimit_OfUnlimited_IsTheLargestNumber() =>
        Assert.Equal(
            [new ProcessLimit("nofile", 1024, ulong.MaxValue)],
            ProcessLimit.Parse("Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 unlimited            files"));

    [Fact]
    public void ProcessFacts_OfThisProcess_AreItsOwn()
    {
        ProcessFacts own = ProcessFacts.TryRead(Environment.ProcessId)!;
        Assert.Equal(Linux.Identity.EffectiveUid, own.EffectiveUid);
        Assert.NotEmpty(own.Mounts.Entries);
        Assert.StartsWith("mnt:[", own.Namespace("mnt"), StringComparison.Ordinal);
    }

    [Fact]
    public void ProcessFacts_OfNobody_AreAbsent() => Assert.Null(ProcessFacts.TryRead(int.MaxValue));
}
