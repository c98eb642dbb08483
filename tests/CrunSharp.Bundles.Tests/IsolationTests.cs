using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Bundles.Tests;

public sealed class IsolationTests
{
    [Theory]
    [InlineData("seccomp", IsolationLayers.Seccomp)]
    [InlineData("ns=net,uts", IsolationLayers.NetworkNamespace | IsolationLayers.UtsNamespace)]
    [InlineData("ns=pid,caps", IsolationLayers.PidNamespace | IsolationLayers.Capabilities)]
    [InlineData("cgroup,ns=cgroup", IsolationLayers.Cgroup | IsolationLayers.CgroupNamespace)]
    [InlineData("ns=net,cgroup", IsolationLayers.NetworkNamespace | IsolationLayers.CgroupNamespace)]
    public void Without_Words_AreTheLayersThatGo(string words, IsolationLayers expected) =>
        Assert.Equal(expected, Isolation.Read([], [words], rootful: true).Without);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Only_TwoNamespaces_TheRestGoesAndTheUserNamespaceStays(bool rootful)
    {
        IsolationLayers removed = Isolation.Read(["ns=pid,mnt"], [], rootful).Without;
        IsolationLayers kept = IsolationLayers.PidNamespace | IsolationLayers.MountNamespace | IsolationLayers.UserNamespace;

        // The rules for devices are the cgroup's.
        Assert.Equal(IsolationLayers.All & ~kept & ~IsolationLayers.Devices, removed);
    }

    [Theory]
    [InlineData("", "ns=mnt", true, "no container without ns=mnt")]
    [InlineData("ns=pid", "", true, "no container without ns=mnt")]
    [InlineData("", "ns=user", true, "no user namespace of its own")]
    [InlineData("", "ns=user", false, "no container without ns=user")]
    [InlineData("ns=mnt", "caps", true, "together")]
    [InlineData("", "net", true, "no such part")]
    [InlineData("", "ns=seccompp", true, "no such part")]
    [InlineData("", "seccomp,,caps", true, "no such part")]
    public void Read_WhatCannotBe_IsRefusedWithItsReason(string only, string without, bool rootful, string reason)
    {
        CrunException refusal = Assert.Throws<CrunException>(() => Isolation.Read(only.Length == 0 ? [] : [only], without.Length == 0 ? [] : [without], rootful));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_OneLayerAway_TheOthersStay()
    {
        RunOptions options = new() { ContainerId = "0123456789ab", Command = ["true"] };
        Spec whole = BundleSpec.Create(ImageDefaults.None, options, UserDatabase.None, new BundleFacts());
        Spec spec = Isolation.Read([], ["caps"], rootful: true).Apply(whole, Capability.All);
        Assert.Equal(Capability.Names, spec.Process!.Capabilities!.Effective);
        Assert.Equal(whole.Linux.Seccomp.ToArray(), spec.Linux.Seccomp.ToArray());
        Assert.Equal(whole.Linux.MaskedPaths, spec.Linux.MaskedPaths);
        spec = Isolation.Read([], ["masks"], rootful: true).Apply(whole, Capability.All);
        Assert.Empty(spec.Linux.MaskedPaths);
        Assert.Empty(spec.Linux.ReadonlyPaths);
        Assert.Same(whole.Process, spec.Process);
    }

    [Fact]
    public void Apply_LimitsWithoutACgroup_AreRefused()
    {
        RunOptions options = new() { ContainerId = "0123456789ab", Resources = new ResourceOptions { PidsLimit = 20 } };
        CrunException refusal = Assert.Throws<CrunException>(() => Isolation.Read([], ["cgroup"], rootful: true).Apply(options));
        Assert.Contains("without cgroup", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Warnings_EveryLayerThatGoes_IsNamedWithItsLoss() =>
        Assert.Equal(2, Isolation.Read([], ["seccomp,ns=net"], rootful: true).Warnings.Count(static text => text.Length > 30));
}
