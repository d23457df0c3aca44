// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses by object, name and position among equal names, as livepatch counts them: those of the kernel by
 * address, those of a module in the order of its symbol table.
 */
#include "suture.h"

#include <linux/kallsyms.h>
#include <linux/moduleloader.h>

struct search {
	const char *name;
	unsigned long sympos;
	unsigned long found;
	unsigned long count;
};

static int count_match(void *data, unsigned long address)
{
	struct search *search = data;

	search->count++;
	if (search->count == search->sympos || (!search->sympos && search->count == 1))
		search->found = address;
	/* Of a name that should be unique, two are enough; of another, those before the wanted one. */
	return search->sympos ? search->count >= search->sympos : search->count > 1;
}

static void search_module(struct search *search, const struct module *module)
{
	const struct mod_kallsyms *symbols;
	unsigned int i;

	rcu_read_lock_sched();
	symbols = rcu_dereference_sched(module->kallsyms);
	for (i = 0; i < symbols->num_symtab; i++) {
		const Elf_Sym *symbol = &symbols->symtab[i];

		if (symbol->st_shndx == SHN_UNDEF || strcmp(symbols->strtab + symbol->st_name, search->name))
			continue;
		if (count_match(search, symbol->st_value))
			break;
	}
	rcu_read_unlock_sched();
}

static void search_kernel(struct search *search)
{
	if (suture_can_count_symbols()) {
		suture_each_match(search->name, count_match, search);
		return;
	}
	/* The first of that name. */
	search->found = suture_kernel_symbol(search->name);
	search->count = search->found ? 1 : 0;
}

static void search_object(const struct module *module, struct search *search)
{
	if (module)
		search_module(search, module);
	else
		search_kernel(search);
}

/* `module` is NULL for the kernel. On failure the report says why. */
int suture_find_symbol(struct module *module, const char *name, unsigned long sympos, unsigned long *address)
{
	struct search search = { .name = name, .sympos = sympos };
	const char *object = module ? module->name : "vmlinux";

	if (!module && sympos > 1 && !suture_can_count_symbols())
		return suture_refuse(-EOPNOTSUPP, "this kernel cannot count the symbols called %s", name);
	search_object(module, &search);
	if (!search.count || search.count < sympos)
		return suture_refuse(-ENOENT, "%s has no symbol %s,%lu", object, name, sympos);
	if (!sympos && search.count > 1)
		return suture_refuse(-EINVAL, "%s has several symbols called %s", object, name);
	*address = search.found;
	return 0;
}

/* 0 when there is none, and nothing is said of it. */
unsigned long suture_find_optional(struct module *module, const char *name, unsigned long sympos)
{
	struct search search = { .name = name, .sympos = sympos };

	search_object(module, &search);
	return search.count >= sympos ? search.found : 0;
}

/* That the builder computed the right addresses: of another build of the same kernel they would be others. */
int suture_check_symbols(const struct suture_patch *patch)
{
	unsigned int i;

	for (i = 0; i < patch->symbol_count; i++) {
		const struct suture_symbol *symbol = &patch->symbols[i];
		unsigned long address;
		int error;

		if (symbol->object)
			continue;
		error = suture_find_symbol(NULL, symbol->name, symbol->sympos, &address);
		if (error)
			return error;
		if (address != (unsigned long)symbol->address)
			return suture_refuse(-EINVAL, "%s,%lu is not where the patch was built for", symbol->name,
					     symbol->sympos);
	}
	return 0;
}

/* Fills in one place, as the kernel's loader would (arch/x86/kernel/module.c). */
static int relocate_place(const struct suture_relocation *relocation, unsigned long symbol)
{
	u64 value = symbol + relocation->addend;
	size_t width = 4;
	bool fits = true;

	switch (relocation->type) {
	case R_X86_64_64:
		width = 8;
		break;
	case R_X86_64_PC64:
		value -= (unsigned long)relocation->place;
		width = 8;
		break;
	case R_X86_64_32:
		fits = value == (u32)value;
		break;
	case R_X86_64_32S:
		fits = (s64)value == (s32)value;
		break;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		value -= (unsigned long)relocation->place;
		fits = (s64)value == (s32)value;
		break;
	default:
		return suture_refuse(-ENOEXEC, "a relocation of type %u is unknown", relocation->type);
	}
	if (!fits)
		return suture_refuse(-ENOEXEC, "a symbol is too far away for the code that refers to it");
	suture_write_running(relocation->place, &value, width);
	return 0;
}

/*
 * Fills in all that waits for this object, whose module is there. Done again when the module was gone and came back:
 * nothing is added to what stands in the place.
 */
int suture_relocate(const struct suture_patch *patch, unsigned int object)
{
	unsigned int i;

	for (i = 0; i < patch->relocation_count; i++) {
		const struct suture_relocation *relocation = &patch->relocations[i];
		const struct suture_symbol *symbol;
		struct module *home = NULL;
		unsigned long address;
		int error;

		if (relocation->object != object)
			continue;
		if (relocation->symbol >= patch->symbol_count ||
		    !within_module((unsigned long)relocation->place, patch->owner))
			return suture_refuse(-ENOEXEC, "a relocation of the patch is damaged");
		symbol = &patch->symbols[relocation->symbol];
		if (symbol->object) {
			home = suture_find_module(symbol->object);
			if (!home)
				return suture_refuse(-ENOENT, "the module %s is not there, which has %s",
						     symbol->object, symbol->name);
		}
		error = suture_find_symbol(home, symbol->name, symbol->sympos, &address);
		if (!error)
			error = relocate_place(relocation, address);
		if (error)
			return error;
	}
	suture_synchronize_cores();
	return 0;
}
