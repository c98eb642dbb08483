using System.Text;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class SeccompTreeTests
{
    private const uint X32 = 0x40000000;

    private static readonly uint[] s_architectures = [BpfMachine.X86_64, BpfMachine.I386, 0xc00000b7];

    // What clone, personality, socket and their like are asked about, and neighbours.
    private static readonly ulong[] s_values = [0, 8, 9, 38, 39, 40, 41, 0x10000000, 0x20008, ulong.MaxValue];

    [Fact]
    public void Build_OfTheDefaultProfile_AnswersEveryCallAsBefore()
    {
        ReadOnlyMemory<byte> straight = SeccompFilter.Translate(SeccompProfile.Parse(Bundles.SeccompProfile.Default.Render(0, "amd64", new Version(6, 1)).Span)).Filter;
        ReadOnlyMemory<byte> tree = SeccompTree.Build(straight.Span);
        AssertSame(straight, tree);

        // What it is for: most comparisons are gone.
        Assert.True(tree.Length < straight.Length * 2 / 3, $"{tree.Length / 8} of {straight.Length / 8} instructions");
    }

    [Theory]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW"}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read","write","mseal"],"action":"SCMP_ACT_ALLOW"}]}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":40,"op":"SCMP_CMP_EQ"}]},{"names":["read"],"action":"SCMP_ACT_LOG"}]}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"],"syscalls":[{"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}]}""")]
    public void Build_OfASmallFilter_AnswersEveryCallAsBefore(string profile)
    {
        ReadOnlyMemory<byte> straight = SeccompFilter.Translate(SeccompProfile.Parse(Encoding.UTF8.GetBytes(profile))).Filter;
        AssertSame(straight, SeccompTree.Build(straight.Span));
    }

    [Fact]
    public void Build_OfAProgramThatMasksTheNumber_LeavesItAlone()
    {
        byte[] masking = BpfInstruction.WriteAll(
        [
            new(BpfInstruction.Load, 0, 0, BpfInstruction.NumberOffset),
            new(BpfInstruction.And, 0, 0, 1),
            new(BpfInstruction.JumpIfEqual, 0, 1, 1),
            new(BpfInstruction.Return, 0, 0, 0),
            new(BpfInstruction.Return, 0, 0, 0x7fff0000),
        ]);
        Assert.Equal(masking, SeccompTree.Build(masking));
    }

    [Fact]
    public void Build_OfAWordThatIsNumberHereAndArchitectureThere_LeavesItAlone()
    {
        byte[] joined = BpfInstruction.WriteAll(
        [
            new(BpfInstruction.Load, 0, 0, BpfInstruction.NumberOffset),
            new(BpfInstruction.JumpIfEqual, 0, 1, 7),
            new(BpfInstruction.Load, 0, 0, BpfInstruction.ArchitectureOffset),
            new(BpfInstruction.JumpIfEqual, 0, 1, BpfMachine.X86_64),
            new(BpfInstruction.Return, 0, 0, 0),
            new(BpfInstruction.Return, 0, 0, 0x7fff0000),
        ]);
        Assert.Equal(joined, SeccompTree.Build(joined));
    }

    private static void AssertSame(ReadOnlyMemory<byte> straight, ReadOnlyMemory<byte> tree)
    {
        foreach (uint architecture in s_architectures)
        {
            foreach (uint number in Enumerable.Range(0, 700).Select(i => (uint)i).SelectMany(i => new[] { i, i | X32, uint.MaxValue - i }))
            {
                foreach (ulong value in s_values)
                {
                    // The first three arguments are all that the profiles look at.
                    uint expected = BpfMachine.Run(straight, number, architecture, value, value ^ 1, value);
                    uint found = BpfMachine.Run(tree, number, architecture, value, value ^ 1, value);
                    Assert.True(expected == found, $"call {number} of 0x{architecture:x} with 0x{value:x}: 0x{found:x} instead of 0x{expected:x}");
                }
            }
        }
    }
}
