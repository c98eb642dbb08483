namespace CrunSharp.Runtime;

/// <summary>
/// The same filter with the number of the call looked up in a tree of ranges. libseccomp compares it with one number after the other;
/// the kernel translates each comparison and tries each call against all of them whenever a filter is installed, which took a tenth
/// of a launch.
/// </summary>
/// <remarks>
/// Nothing is compiled again: where the answer follows from architecture and number, running the given program with them has told it;
/// where it takes the arguments, the tree leads to the very instruction of the given program that loads the first of them.
/// </remarks>
internal sealed class SeccompTree
{
    // In place of a jump, while it is open where in the new program the instruction of the old one will be. No such code exists.
    private const ushort Continue = ushort.MaxValue;

    private readonly BpfInstruction[] _program;

    private SeccompTree(BpfInstruction[] program) => _program = program;

    /// <summary>The shorter program, or the given one when it does what cannot be foreseen.</summary>
    public static byte[] Build(ReadOnlySpan<byte> filter)
    {
        SeccompTree tree = new(BpfInstruction.ReadAll(filter));
        return Boundaries.Find(tree) is { } boundaries && tree.Build(boundaries) is { } built && built.Count < tree._program.Length
            ? BpfInstruction.WriteAll(built)
            : filter.ToArray();
    }

    private List<BpfInstruction> Build(Boundaries boundaries)
    {
        // Architectures that are judged alike, for the most part those that nobody listed, share a block.
        List<(uint From, List<Range> Numbers)> architectures = [];
        foreach (uint architecture in boundaries.Architectures)
        {
            List<Range> numbers = Judge(architecture, boundaries.Numbers);
            if (architectures.Count == 0 || !architectures[^1].Numbers.SequenceEqual(numbers))
            {
                architectures.Add((architecture, numbers));
            }
        }

        return Finish(
        [
            new BpfInstruction(BpfInstruction.Load, 0, 0, BpfInstruction.ArchitectureOffset),
            .. Choose(architectures, block => block.From, block => Block(block.Numbers)),
        ]);
    }

    private static List<BpfInstruction> Block(List<Range> numbers)
    {
        List<BpfInstruction> tree = Choose(numbers, range => range.From, range =>
            [range.Outcome.Instruction is { } instruction
                ? new BpfInstruction(Continue, 0, 0, (uint)instruction)
                : new BpfInstruction(BpfInstruction.Return, 0, 0, range.Outcome.Answer)]);
        return numbers.Count == 1 ? tree : [new BpfInstruction(BpfInstruction.Load, 0, 0, BpfInstruction.NumberOffset), .. tree];
    }

    /// <summary>A balanced tree over ascending choices; the accumulator holds what is looked up.</summary>
    private static List<BpfInstruction> Choose<T>(List<T> choices, Func<T, uint> from, Func<T, List<BpfInstruction>> write)
    {
        if (choices.Count == 1)
        {
            return write(choices[0]);
        }

        int middle = choices.Count / 2;
        List<BpfInstruction> lower = Choose(choices[..middle], from, write);
        List<BpfInstruction> upper = Choose(choices[middle..], from, write);

        // A comparison reaches 255 instructions far, a jump everywhere.
        uint boundary = from(choices[middle]);
        List<BpfInstruction> test = lower.Count <= byte.MaxValue
            ? [new BpfInstruction(BpfInstruction.JumpIfNotLess, (byte)lower.Count, 0, boundary)]
            : [new BpfInstruction(BpfInstruction.JumpIfNotLess, 0, 1, boundary), new BpfInstruction(BpfInstruction.Jump, 0, 0, (uint)lower.Count)];
        return [.. test, .. lower, .. upper];
    }

    /// <summary>Appends what of the given program is still needed, in its order, and leads there.</summary>
    private List<BpfInstruction> Finish(List<BpfInstruction> tree)
    {
        SortedDictionary<int, int> places = [];
        Stack<int> open = new(tree.Where(instruction => instruction.Code == Continue).Select(instruction => (int)instruction.Value));
        while (open.TryPop(out int at))
        {
            if (places.TryAdd(at, 0))
            {
                Successors(at).ForEach(open.Push);
            }
        }

        int place = tree.Count;
        foreach (int at in places.Keys.ToArray())
        {
            places[at] = place++;
        }

        // Leaving instructions out only shortens the jumps across them.
        List<BpfInstruction> rest = [.. places.Select(entry => _program[entry.Key].Code switch
        {
            BpfInstruction.Jump => _program[entry.Key] with { Value = (uint)(places[Successors(entry.Key)[0]] - entry.Value - 1) },
            _ when _program[entry.Key].Compares => _program[entry.Key] with
            {
                IfTrue = (byte)(places[Successors(entry.Key)[0]] - entry.Value - 1),
                IfFalse = (byte)(places[Successors(entry.Key)[1]] - entry.Value - 1),
            },
            _ => _program[entry.Key],
        })];
        return
        [
            .. tree.Select((instruction, at) => instruction.Code == Continue
                ? new BpfInstruction(BpfInstruction.Jump, 0, 0, (uint)(places[(int)instruction.Value] - at - 1))
                : instruction),
            .. rest,
        ];
    }

    private List<int> Successors(int at)
    {
        BpfInstruction instruction = _program[at];
        return instruction.Code switch
        {
            BpfInstruction.Return => [],
            BpfInstruction.Jump => [at + 1 + (int)instruction.Value],
            _ when instruction.Compares => [at + 1 + instruction.IfTrue, at + 1 + instruction.IfFalse],
            _ => [at + 1],
        };
    }

    private List<Range> Judge(uint architecture, IReadOnlyCollection<uint> numbers)
    {
        List<Range> ranges = [];
        foreach (uint number in numbers)
        {
            Outcome outcome = Run(architecture, number);
            if (ranges.Count == 0 || ranges[^1].Outcome != outcome)
            {
                ranges.Add(new Range(number, outcome));
            }
        }

        return ranges;
    }

    private Outcome Run(uint architecture, uint number)
    {
        uint accumulator = 0;
        for (int at = 0; ;)
        {
            BpfInstruction instruction = _program[at];
            switch (instruction.Code)
            {
                case BpfInstruction.Return:
                    return new Outcome(instruction.Value, null);
                case BpfInstruction.Load when instruction.Value == BpfInstruction.NumberOffset:
                    accumulator = number;
                    at++;
                    break;
                case BpfInstruction.Load when instruction.Value == BpfInstruction.ArchitectureOffset:
                    accumulator = architecture;
                    at++;
                    break;
                case BpfInstruction.Load:
                    return new Outcome(0, at);
                case BpfInstruction.Jump:
                    at += 1 + (int)instruction.Value;
                    break;
                default:
                    at += 1 + (instruction.Holds(accumulator) ? instruction.IfTrue : instruction.IfFalse);
                    break;
            }
        }
    }

    /// <summary>What a program answers, or the instruction from which on the arguments decide.</summary>
    private readonly record struct Outcome(uint Answer, int? Instruction);

    /// <summary>Calls from this number on, up to the next range's.</summary>
    private readonly record struct Range(uint From, Outcome Outcome);

    /// <summary>The values at which some comparison of a program may turn out differently than just below them.</summary>
    private sealed record Boundaries(SortedSet<uint> Architectures, SortedSet<uint> Numbers)
    {
        private enum Held
        {
            Unreached,
            Number,
            Architecture,
            Argument,

            /// <summary>Not the same on every way that leads here.</summary>
            Mixed,
        }

        /// <summary>Null when a comparison is about one thing on one way and about another on another, or about some bits only.</summary>
        public static Boundaries? Find(SeccompTree tree)
        {
            BpfInstruction[] program = tree._program;
            Boundaries found = new([0], [0]);
            Held[] held = new Held[program.Length];

            // Nothing is loaded yet: the accumulator is zero, which running the program knows too.
            held[0] = Held.Number;
            for (int i = 0; i < program.Length; i++)
            {
                BpfInstruction instruction = program[i];
                if (held[i] == Held.Unreached || instruction.Code == BpfInstruction.Return)
                {
                    continue;
                }

                Held next = held[i];
                switch (instruction.Code)
                {
                    case BpfInstruction.Load:
                        next = instruction.Value switch
                        {
                            BpfInstruction.NumberOffset => Held.Number,
                            BpfInstruction.ArchitectureOffset => Held.Architecture,
                            _ => Held.Argument,
                        };
                        break;
                    case BpfInstruction.Jump:
                        break;
                    case BpfInstruction.And or BpfInstruction.JumpIfAnyBit when held[i] == Held.Argument:
                        break;
                    case BpfInstruction.JumpIfEqual or BpfInstruction.JumpIfGreater or BpfInstruction.JumpIfNotLess when held[i] != Held.Mixed:
                        found.Add(held[i], instruction.Value);
                        break;
                    default:
                        return null;
                }

                foreach (int to in tree.Successors(i))
                {
                    if (to >= program.Length)
                    {
                        return null;
                    }

                    held[to] = held[to] == Held.Unreached || held[to] == next ? next : Held.Mixed;
                }
            }

            return found;
        }

        private void Add(Held held, uint value)
        {
            SortedSet<uint>? values = held switch { Held.Number => Numbers, Held.Architecture => Architectures, _ => null };
            _ = values?.Add(value);
            if (value < uint.MaxValue)
            {
                _ = values?.Add(value + 1);
            }
        }
    }
}
